-- SPDX-License-Identifier: Apache-2.0
-- What pull queries refuse: clauses, columns, and with table scans disabled all that is no look-up and no range.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k STRING KEY, k2 INT, amount DOUBLE) WITH (kafka_topic='s', value_format='json', partitions=2);
--> Stream created
CREATE TABLE t AS SELECT k, SUM(amount) AS total, COUNT(*) AS n FROM s GROUP BY k;
--> Created query with ID CTAS_T_1
CREATE TABLE t2 WITH (key_format='json') AS SELECT k, k2, COUNT(*) AS n FROM s GROUP BY k, k2;
--> Created query with ID CTAS_T2_2
INSERT INTO s VALUES ('a', 1, 1.5);
INSERT INTO s VALUES ('b', 2, 2);
INSERT INTO s VALUES ('c', 3, 1);
--@ advance 2000
SELECT * FROM t WINDOW TUMBLING (SIZE 1 SECOND) WHERE k = 'a';
--> ERROR 1:24 Pull queries don't support WINDOW clauses. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM t a JOIN s b ON a.k = b.k;
--> ERROR 1:24 Pull queries don't support JOIN clauses. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM t HAVING n > 1;
--> ERROR 1:24 Pull queries don't support HAVING clauses. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM t LIMIT -1;
--> ERROR 1:23 Pull queries don't support negative integers in the LIMIT clause. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SELECT k, ROWOFFSET, ROWPARTITION + ROWOFFSET AS x FROM t;
--> ERROR 1:11 Pull queries don't support the following columns in SELECT clauses: `ROWOFFSET`, `ROWPARTITION`. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM s WHERE ROWPARTITION = 0 AND amount > 1;
--> ERROR 1:23 Pull queries don't support the following columns in WHERE clauses: `ROWPARTITION`. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SELECT n, n FROM t;
--> ERROR 1:11 Duplicate value columns found in schema: `N` BIGINT
SELECT * FROM t WHERE k = NULL;
--> ERROR 1:23 Error in WHERE expression: Comparison with NULL not supported: STRING = NULL
--> Use 'IS NULL' or 'IS NOT NULL' instead.
SELECT * FROM t WHERE k IN ('a', NULL);
--> ERROR Primary key columns can not be NULL: (K = null)
SELECT n FROM t WHERE k = 'a' OR k = 'b' LIMIT 1;
--> `N` BIGINT
--> 1
SET 'ksql.query.pull.limit.clause.enabled'='false';
--> Successfully changed local property 'ksql.query.pull.limit.clause.enabled' to 'false'. Use the UNSET command to revert your change.
SELECT n FROM t LIMIT 1;
--> ERROR 1:23 LIMIT clause in pull queries is currently disabled. You can enable them by setting ksql.query.pull.limit.clause.enabled=true. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SET 'ksql.query.pull.table.scan.enabled'='false';
--> Successfully changed local property 'ksql.query.pull.table.scan.enabled' to 'false'. Use the UNSET command to revert your change.
SELECT * FROM t;
--> ERROR 1:1 Missing WHERE clause. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> Query requires table scan to be enabled
SELECT * FROM t WHERE n > 1;
--> ERROR 1:23 WHERE clause missing key column for disjunct: (N > 1). See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE n > 1 AND total < 5;
--> ERROR 1:23 WHERE clause missing key column for disjunct: ((N > 1) AND (TOTAL < 5)). See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE k != 'a';
--> ERROR 1:23 Bound on key columns '[`K` STRING KEY]' must currently be '='. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE '0' < k AND k < 'z';
--> ERROR 1:35 A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE k = 'a' AND k IN ('b', 'c');
--> ERROR 1:35 A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE k + 'x' = 'ax';
--> ERROR 1:23 A comparison must directly reference a key column. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE k = CAST(n AS STRING);
--> ERROR 1:23 A comparison must be between a key column and a resolvable expression. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE 'a' LIKE 'a';
--> ERROR 1:23 Like condition must be between strings. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE k LIKE 'a%';
--> ERROR 1:23 Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true
SELECT * FROM t WHERE n BETWEEN 1 AND 2;
--> ERROR 1:23 Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true
SELECT * FROM t WHERE k = 'a' OR n = 1;
--> ERROR 1:34 WHERE clause missing key column for disjunct: (N = 1). See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t WHERE k > 'a' OR k < 'b';
--> ERROR 1:23 Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true
SELECT * FROM t2 WHERE k = 'a';
--> ERROR 1:24 Multi-column sources must specify every key in the WHERE clause. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM t2 WHERE k > 'a' AND k2 = 1;
--> ERROR 1:24 Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true
SELECT * FROM t WHERE k = 'a';
--> `K` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
--> a | 1.5 | 1
SELECT * FROM t WHERE 'b' = k AND n = 1;
--> `K` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
--> b | 2.0 | 1
SELECT * FROM t WHERE k = 'a' AND (n = 1 OR total > 1);
--> `K` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
--> a | 1.5 | 1
SELECT * FROM t WHERE k IN ('a', 'nobody');
--> `K` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
--> a | 1.5 | 1
SELECT * FROM t2 WHERE k2 = 1 AND k = 'a';
--> `K` STRING KEY, `K2` INTEGER KEY, `N` BIGINT
--> a | 1 | 1
SELECT * FROM t WHERE k > 'b';
--> `K` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
--> c | 1.0 | 1
SELECT * FROM t WHERE 'b' > k AND n > 0;
--> `K` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
--> a | 1.5 | 1
SELECT * FROM s WHERE amount > 1.7;
--> `K` STRING, `K2` INTEGER, `AMOUNT` DOUBLE
--> b | 2 | 2.0
--> Query Completed
SET 'ksql.query.pull.range.scan.enabled'='false';
--> Successfully changed local property 'ksql.query.pull.range.scan.enabled' to 'false'. Use the UNSET command to revert your change.
SELECT * FROM t WHERE k > 'b';
--> ERROR 1:23 Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true
