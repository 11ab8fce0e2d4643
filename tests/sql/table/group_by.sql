-- SPDX-License-Identifier: Apache-2.0
-- GROUP BY on a stream with the cache off: every update is a record. Rows with a null grouping key stay out.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
SET 'ksql.streams.cache.max.bytes.buffering'='0';
--> Successfully changed local property 'ksql.streams.cache.max.bytes.buffering' to '0'. Use the UNSET command to revert your change.
CREATE STREAM s (id INT KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE TABLE t AS SELECT g, COUNT(*) AS n, COUNT(v) AS nv, SUM(v) AS total, MIN(v) AS lo, MAX(v) AS hi, AVG(v) AS mean FROM s GROUP BY g;
--> Created query with ID CTAS_T_1
INSERT INTO s VALUES (1, 'a', 10);
INSERT INTO s VALUES (2, 'b', 1);
INSERT INTO s VALUES (3, 'a', 5);
INSERT INTO s VALUES (4, CAST(NULL AS STRING), 99);
INSERT INTO s (id, g) VALUES (5, 'a');
--@ append s - {"G":"b","V":3}
--@ advance 2000
--@ topic T
--> 0 | a | {"N":1,"NV":1,"TOTAL":10,"LO":10,"HI":10,"MEAN":10.0} | 0
--> 0 | b | {"N":1,"NV":1,"TOTAL":1,"LO":1,"HI":1,"MEAN":1.0} | 0
--> 0 | a | {"N":2,"NV":2,"TOTAL":15,"LO":5,"HI":10,"MEAN":7.5} | 0
--> 0 | a | {"N":3,"NV":2,"TOTAL":15,"LO":5,"HI":10,"MEAN":7.5} | 0
--> 0 | b | {"N":2,"NV":2,"TOTAL":4,"LO":1,"HI":3,"MEAN":2.0} | 0
SELECT * FROM t WHERE g = 'a';
--> `G` STRING KEY, `N` BIGINT, `NV` BIGINT, `TOTAL` INTEGER, `LO` INTEGER, `HI` INTEGER, `MEAN` DOUBLE
--> a | 3 | 2 | 15 | 5 | 10 | 7.5
