-- INSERT INTO … SELECT converts a number only to a type that holds every value of its own type.
CREATE STREAM s (k INT KEY, d DECIMAL(4,2), i INT, l BIGINT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE STREAM narrow (k INT KEY, x DECIMAL(4,1)) WITH (kafka_topic='narrow', value_format='json', partitions=1);
--> Stream created
CREATE STREAM wide (k INT KEY, x DECIMAL(21,2)) WITH (kafka_topic='wide', value_format='json', partitions=1);
--> Stream created
INSERT INTO narrow SELECT k, d AS x FROM s;
--> ERROR 1:1 Incompatible schema between results and sink.
--> Result schema is `K` INTEGER KEY, `X` DECIMAL(4, 2)
--> Sink schema is `K` INTEGER KEY, `X` DECIMAL(4, 1)
INSERT INTO narrow SELECT k, l AS x FROM s;
--> ERROR 1:1 Incompatible schema between results and sink.
--> Result schema is `K` INTEGER KEY, `X` BIGINT
--> Sink schema is `K` INTEGER KEY, `X` DECIMAL(4, 1)
INSERT INTO narrow SELECT k, i AS x FROM s;
--> ERROR 1:1 Incompatible schema between results and sink.
--> Result schema is `K` INTEGER KEY, `X` INTEGER
--> Sink schema is `K` INTEGER KEY, `X` DECIMAL(4, 1)
INSERT INTO wide SELECT k, 1.255 AS x FROM s;
--> ERROR 1:1 Incompatible schema between results and sink.
--> Result schema is `K` INTEGER KEY, `X` DECIMAL(4, 3)
--> Sink schema is `K` INTEGER KEY, `X` DECIMAL(21, 2)
INSERT INTO wide SELECT k, d AS x FROM s;
--> Created query with ID INSERTQUERY_3
INSERT INTO wide SELECT k, l AS x FROM s;
--> Created query with ID INSERTQUERY_4
