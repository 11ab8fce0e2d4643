-- SPDX-License-Identifier: Apache-2.0
-- Catalog, queries, state and positions are where they were after a stop, and after a crash: nothing is
-- read twice, nothing is left out.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (g STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE TABLE t AS SELECT g, SUM(v) AS total, COUNT(*) AS n FROM s GROUP BY g;
--> Created query with ID CTAS_T_1
INSERT INTO s VALUES ('a', 1);
INSERT INTO s VALUES ('b', 2);
--@ advance 2000
--@ restart
SHOW TABLES;
--> T | T | KAFKA | JSON | false
SELECT * FROM t WHERE g = 'a';
--> `G` STRING KEY, `TOTAL` INTEGER, `N` BIGINT
--> a | 1 | 1
INSERT INTO s VALUES ('a', 10);
--@ advance 2000
SELECT * FROM t WHERE g = 'a';
--> `G` STRING KEY, `TOTAL` INTEGER, `N` BIGINT
--> a | 11 | 2

-- Not committed when the crash comes, but acknowledged: it is read again.
INSERT INTO s VALUES ('a', 100);
INSERT INTO s VALUES ('b', 200);
--@ crash
--@ advance 2000
SELECT * FROM t WHERE g = 'a';
--> `G` STRING KEY, `TOTAL` INTEGER, `N` BIGINT
--> a | 111 | 3
SELECT * FROM t WHERE g = 'b';
--> `G` STRING KEY, `TOTAL` INTEGER, `N` BIGINT
--> b | 202 | 2
--@ restart
INSERT INTO s VALUES ('b', 1000);
--@ advance 2000
SELECT * FROM t WHERE g = 'b';
--> `G` STRING KEY, `TOTAL` INTEGER, `N` BIGINT
--> b | 1202 | 3
