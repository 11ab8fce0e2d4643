-- SPDX-License-Identifier: Apache-2.0
-- Keys that a pull query names more than once: each row comes once, in the order of the partitions.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (a INT, b STRING, v INT) WITH (kafka_topic='s', value_format='json', partitions=2);
--> Stream created
CREATE TABLE t AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;
--> Created query with ID CTAS_T_1
CREATE TABLE two WITH (key_format='json') AS SELECT a, b, COUNT(*) AS n FROM s GROUP BY a, b;
--> Created query with ID CTAS_TWO_2
INSERT INTO s VALUES (1, 'x', 1);
INSERT INTO s VALUES (2, 'x', 1);
INSERT INTO s VALUES (2, 'y', 1);
INSERT INTO s VALUES (3, 'y', 1);
--@ advance 2000
SELECT * FROM t WHERE a IN (2, 2);
--> `A` INTEGER KEY, `N` BIGINT
--> 2 | 2
SELECT * FROM t WHERE a IN (3, 1, 3, 1 + 2, 1);
--> `A` INTEGER KEY, `N` BIGINT
--> 1 | 1
--> 3 | 1
SELECT * FROM t WHERE a = 2 OR a = 2 OR a IN (1, 2) OR (a = 1 AND n = 1);
--> `A` INTEGER KEY, `N` BIGINT
--> 1 | 1
--> 2 | 2
SELECT * FROM t WHERE a IN (2, 2) LIMIT 2;
--> `A` INTEGER KEY, `N` BIGINT
--> 2 | 2
SELECT * FROM two WHERE a IN (1, 1) AND b = 'x';
--> `A` INTEGER KEY, `B` STRING KEY, `N` BIGINT
--> 1 | x | 1
SELECT * FROM two WHERE a IN (2, 1, 2) AND b IN ('y', 'x', 'y');
--> `A` INTEGER KEY, `B` STRING KEY, `N` BIGINT
--> 2 | y | 1
--> 1 | x | 1
--> 2 | x | 1
SELECT * FROM two WHERE (a = 2 AND b = 'x') OR (a IN (2, 1) AND b = 'x');
--> `A` INTEGER KEY, `B` STRING KEY, `N` BIGINT
--> 1 | x | 1
--> 2 | x | 1
SELECT a FROM t WHERE a >= 2 AND a IN (3, 3) OR a = 3;
--> `A` INTEGER KEY
--> 3
SELECT * FROM t WHERE a >= 1 AND a <= 2 OR a >= 2 AND a <= 3 OR a = 2;
--> `A` INTEGER KEY, `N` BIGINT
--> 1 | 1
--> 2 | 2
--> 3 | 1
SELECT * FROM two WHERE a IN (2, 2) OR b = 'x' OR b IN ('x', 'x');
--> `A` INTEGER KEY, `B` STRING KEY, `N` BIGINT
--> 1 | x | 1
--> 2 | y | 1
--> 2 | x | 1
