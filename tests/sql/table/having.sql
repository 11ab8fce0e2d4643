-- SPDX-License-Identifier: Apache-2.0
-- HAVING: a group that never matched gives nothing, one that matched and no longer does a tombstone.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
SET 'ksql.streams.cache.max.bytes.buffering'='0';
--> Successfully changed local property 'ksql.streams.cache.max.bytes.buffering' to '0'. Use the UNSET command to revert your change.
CREATE STREAM s (g STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE TABLE t AS SELECT g, SUM(v) AS total FROM s GROUP BY g HAVING SUM(v) > 10;
--> Created query with ID CTAS_T_1
INSERT INTO s VALUES ('a', 5);
INSERT INTO s VALUES ('a', 10);
INSERT INTO s VALUES ('b', 11);
INSERT INTO s VALUES ('a', -8);
INSERT INTO s VALUES ('a', -1);
INSERT INTO s VALUES ('a', 20);
--@ advance 2000
--@ topic T
--> 0 | a | {"TOTAL":15} | 0
--> 0 | b | {"TOTAL":11} | 0
--> 0 | a | null | 0
--> 0 | a | {"TOTAL":26} | 0
SELECT * FROM t WHERE g = 'a';
--> `G` STRING KEY, `TOTAL` INTEGER
--> a | 26
INSERT INTO s VALUES ('b', -5);
--@ advance 2000
SELECT * FROM t WHERE g = 'b';
--> `G` STRING KEY, `TOTAL` INTEGER
