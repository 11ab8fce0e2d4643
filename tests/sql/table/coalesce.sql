-- SPDX-License-Identifier: Apache-2.0
-- Updates of a key within one commit are one record; the next commit has its own. A commit comes every
-- 2000 ms.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (g STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
INSERT INTO s VALUES ('a', 1);
INSERT INTO s VALUES ('a', 2);
INSERT INTO s VALUES ('b', 3);
INSERT INTO s VALUES ('a', 4);
CREATE TABLE t AS SELECT g, SUM(v) AS total FROM s GROUP BY g;
--> Created query with ID CTAS_T_1
--@ advance 2000
--@ topic T
--> 0 | b | {"TOTAL":3} | 0
--> 0 | a | {"TOTAL":7} | 0
