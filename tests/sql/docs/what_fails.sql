-- SPDX-License-Identifier: Apache-2.0
-- The table "What happens" of docs/processing-log.md, row by row: what is written, and how many rows the log gets.
SET 'auto.offset.reset' = 'earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k INT KEY, n INT, d DECIMAL(4,2), t VARCHAR) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE STREAM timed (n INT, ts BIGINT) WITH (kafka_topic='timed', value_format='json', partitions=1, timestamp='ts');
--> Stream created
CREATE STREAM q_read AS SELECT k, n FROM s;
--> Created query with ID CSAS_Q_READ_2
CREATE STREAM q_time AS SELECT n FROM timed;
--> Created query with ID CSAS_Q_TIME_3
CREATE STREAM q_column AS SELECT k, 12 / n AS a, CEIL(d) AS b, CAST(t AS INT) AS c, n FROM s;
--> Created query with ID CSAS_Q_COLUMN_4
CREATE STREAM q_part AS SELECT k, COALESCE(12 / n, -1) AS a, ARRAY[12 / n, n] AS b FROM s;
--> Created query with ID CSAS_Q_PART_5
CREATE STREAM q_where AS SELECT k, n FROM s WHERE 12 / n > 0;
--> Created query with ID CSAS_Q_WHERE_6
CREATE STREAM q_partition AS SELECT 12 / n AS kk, n FROM s PARTITION BY 12 / n;
--> Created query with ID CSAS_Q_PARTITION_7
CREATE TABLE q_group AS SELECT 12 / n AS kk, COUNT(*) AS c FROM s GROUP BY 12 / n;
--> Created query with ID CTAS_Q_GROUP_8
CREATE TABLE q_argument AS SELECT k, COUNT(*) AS c, COUNT(12 / n) AS f, SUM(12 / n) AS s FROM s GROUP BY k;
--> Created query with ID CTAS_Q_ARGUMENT_9
CREATE TABLE q_having AS SELECT k, SUM(n) AS s FROM s GROUP BY k HAVING 12 / SUM(n) > 0;
--> Created query with ID CTAS_Q_HAVING_10
--@ append s - {"N":"many","T":"1"}
INSERT INTO s VALUES (1, 0, 99.99, 'x');
INSERT INTO s VALUES (1, 4, 1.25, '7');
--@ append timed - {"N":1,"TS":-1}
--@ append timed - {"N":2}
--@ append timed - {"N":3,"TS":5}
--@ advance 2000
CREATE TABLE log WITH (key_format='json') AS SELECT logger, message->type AS type, COUNT(*) AS n FROM KSQL_PROCESSING_LOG GROUP BY logger, message->type;
--> Created query with ID CTAS_LOG_11
SELECT * FROM q_read EMIT CHANGES;
--> `K` INTEGER, `N` INTEGER
--> 1 | 0
--> 1 | 4
SELECT * FROM q_time EMIT CHANGES;
--> `N` INTEGER
--> 3
SELECT * FROM q_column EMIT CHANGES;
--> `K` INTEGER, `A` INTEGER, `B` DECIMAL(4, 2), `C` INTEGER, `N` INTEGER
--> 1 | null | null | null | 0
--> 1 | 3 | 2.00 | 7 | 4
SELECT * FROM q_part EMIT CHANGES;
--> `K` INTEGER, `A` INTEGER, `B` ARRAY<INTEGER>
--> 1 | -1 | [null, 0]
--> 1 | 3 | [3, 4]
SELECT * FROM q_where EMIT CHANGES;
--> `K` INTEGER, `N` INTEGER
--> 1 | 4
SELECT * FROM q_partition EMIT CHANGES;
--> `KK` INTEGER, `N` INTEGER
--> null | 0
--> 3 | 4
SELECT * FROM q_group;
--> `KK` INTEGER KEY, `C` BIGINT
--> 3 | 1
SELECT * FROM q_argument;
--> `K` INTEGER KEY, `C` BIGINT, `F` BIGINT, `S` INTEGER
--> 1 | 2 | 1 | 3
SELECT * FROM q_having;
--> `K` INTEGER KEY, `S` INTEGER
--> 1 | 4
SELECT logger, type, n FROM log WHERE type <> 0;
--> `LOGGER` STRING KEY, `TYPE` INTEGER KEY, `N` BIGINT
--> processing.CSAS_Q_PART_5.Project | 1 | 2
--> processing.CSAS_Q_COLUMN_4.Project | 1 | 3
--> processing.CSAS_Q_PARTITION_7.Project | 1 | 1
--> processing.CSAS_Q_WHERE_6.WhereFilter | 1 | 1
--> processing.CSAS_Q_TIME_3.KsqlTopic.Source | 1 | 2
--> processing.CTAS_Q_GROUP_8.Aggregate-Prepare | 1 | 1
--> processing.CTAS_Q_GROUP_8.Aggregate.GroupBy | 1 | 1
--> processing.CTAS_Q_ARGUMENT_9.Aggregate-Prepare | 1 | 1
SELECT logger, n FROM log WHERE type = 0;
--> `LOGGER` STRING KEY, `N` BIGINT
--> processing.CSAS_Q_PART_5.KsqlTopic.Source.deserializer | 1
--> processing.CSAS_Q_READ_2.KsqlTopic.Source.deserializer | 1
--> processing.CSAS_Q_WHERE_6.KsqlTopic.Source.deserializer | 1
--> processing.CTAS_Q_GROUP_8.KsqlTopic.Source.deserializer | 1
--> processing.CSAS_Q_COLUMN_4.KsqlTopic.Source.deserializer | 1
--> processing.CTAS_Q_HAVING_10.KsqlTopic.Source.deserializer | 1
--> processing.CTAS_Q_ARGUMENT_9.KsqlTopic.Source.deserializer | 1
--> processing.CSAS_Q_PARTITION_7.KsqlTopic.Source.deserializer | 1
