-- SPDX-License-Identifier: Apache-2.0
-- A record is bad or good whatever a query reads of it: push, pull, aggregate and persistent queries skip the same ones,
-- in every format, for keys and values, and each says so in the processing log.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM j (k INT KEY, a INT, c BOOLEAN, e DECIMAL(4,2), t TIME, y BYTES, n ARRAY<STRUCT<x INT>>) WITH (kafka_topic='j', value_format='json', partitions=1);
--> Stream created
CREATE STREAM only_a AS SELECT k, a FROM j;
--> Created query with ID CSAS_ONLY_A_1
CREATE STREAM whole AS SELECT * FROM j;
--> Created query with ID CSAS_WHOLE_2
CREATE TABLE counted AS SELECT 1 AS one, COUNT(*) AS n FROM j GROUP BY 1;
--> Created query with ID CTAS_COUNTED_3
CREATE STREAM raw (v STRING) WITH (kafka_topic='j', value_format='kafka');
--> Stream created
INSERT INTO raw VALUES ('{"a":1,"c":true,"e":1.25,"t":5,"y":"aGk=","n":[{"x":1},null]}');
INSERT INTO raw VALUES ('{"a":2,"c":"yes"}');
INSERT INTO raw VALUES ('{"a":3,"c":false,"e":"99.99"}');
INSERT INTO raw VALUES ('{"a":4,"e":1.255}');
INSERT INTO raw VALUES ('{"a":5,"e":100}');
INSERT INTO raw VALUES ('{"a":6,"t":86400001}');
INSERT INTO raw VALUES ('{"a":7,"y":"a*"}');
INSERT INTO raw VALUES ('{"a":8,"n":[{"x":1},{"x":"one"}]}');
INSERT INTO raw VALUES ('{"a":9,"n":{"x":1}}');
INSERT INTO raw VALUES ('{"a":10,"other":{"c":"yes"}}');
--@ append j bad {"a":11}
SELECT a FROM j EMIT CHANGES;
--> `A` INTEGER
--> 1
--> 3
--> 10
SELECT a FROM j;
--> `A` INTEGER
--> 1
--> 3
--> 10
--> Query Completed
SELECT k FROM j WHERE k IS NOT NULL EMIT CHANGES;
--> `K` INTEGER
SELECT COUNT(*) AS n FROM j EMIT CHANGES;
--> `N` BIGINT
--> 1
--> 2
--> 3
SELECT * FROM counted;
--> `ONE` INTEGER KEY, `N` BIGINT
--> 1 | 3
SELECT a FROM only_a EMIT CHANGES;
--> `A` INTEGER
--> 1
--> 3
--> 10
SELECT a FROM whole EMIT CHANGES;
--> `A` INTEGER
--> 1
--> 3
--> 10
CREATE STREAM d (a INT, b DOUBLE, c BYTES, s STRING) WITH (kafka_topic='d', value_format='delimited', partitions=1);
--> Stream created
CREATE STREAM rawd (v STRING) WITH (kafka_topic='d', value_format='kafka');
--> Stream created
CREATE STREAM d_out AS SELECT s FROM d;
--> Created query with ID CSAS_D_OUT_7
INSERT INTO rawd VALUES ('1,1.5,aGk=,x');
INSERT INTO rawd VALUES ('2,y,aGk=,x');
INSERT INTO rawd VALUES ('3,1.5,*,x');
INSERT INTO rawd VALUES (',,,x');
SELECT a FROM d EMIT CHANGES;
--> `A` INTEGER
--> 1
--> null
SELECT a FROM d;
--> `A` INTEGER
--> 1
--> null
--> Query Completed
SELECT COUNT(*) AS n FROM d EMIT CHANGES;
--> `N` BIGINT
--> 1
--> 2
SELECT ROWOFFSET, s FROM d_out EMIT CHANGES;
--> `ROWOFFSET` BIGINT, `S` STRING
--> 0 | x
--> 1 | x
--@ advance 2000
CREATE TABLE errors AS SELECT logger, COUNT(*) AS n FROM KSQL_PROCESSING_LOG GROUP BY logger;
--> Created query with ID CTAS_ERRORS_8
SELECT * FROM errors;
--> `LOGGER` STRING KEY, `N` BIGINT
--> processing.CSAS_D_OUT_7.KsqlTopic.Source.deserializer | 2
--> processing.CSAS_WHOLE_2.KsqlTopic.Source.deserializer | 8
--> processing.CSAS_ONLY_A_1.KsqlTopic.Source.deserializer | 8
--> processing.transient_D_7.KsqlTopic.Source.deserializer | 2
--> processing.transient_D_8.KsqlTopic.Source.deserializer | 2
--> processing.transient_D_9.KsqlTopic.Source.deserializer | 2
--> processing.transient_J_1.KsqlTopic.Source.deserializer | 8
--> processing.transient_J_2.KsqlTopic.Source.deserializer | 8
--> processing.transient_J_3.KsqlTopic.Source.deserializer | 8
--> processing.transient_J_4.KsqlTopic.Source.deserializer | 8
--> processing.CTAS_COUNTED_3.KsqlTopic.Source.deserializer | 8
