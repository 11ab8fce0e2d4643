-- SPDX-License-Identifier: Apache-2.0
-- Projections and keys that are refused, with all that is wrong in them.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k INT KEY, f0 INT, f1 INT, f2 INT, f3 INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE TABLE t1 AS SELECT COUNT(*) FROM s GROUP BY f1, f2, f3;
--> ERROR 1:20 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT). 
--> The query used to build `T1` must include the grouping expressions F1, F2 and F3 in its projection (eg, SELECT F1, F2, F3...).
CREATE TABLE t1 AS SELECT f2, COUNT(*) FROM s GROUP BY f1, f2, f3;
--> ERROR 1:20 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT). 
--> The query used to build `T1` must include the grouping expressions F1 and F3 in its projection (eg, SELECT F1, F3...).
CREATE TABLE t2 AS SELECT f0, f1 * SUM(f2) FROM s GROUP BY f0;
--> ERROR 1:31 Could not determine output schema for query due to error: Non-aggregate SELECT expression(s) not part of GROUP BY: (F1 * SUM(F2))
--> Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE TABLE t2 AS SELECT f0, f1, f2, COUNT(*) + f3 FROM s GROUP BY f0, f1;
--> ERROR 1:35 Could not determine output schema for query due to error: Non-aggregate SELECT expression(s) not part of GROUP BY: F2, (COUNT(*) + F3)
--> Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE TABLE t3 AS SELECT k, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) EMIT FINAL;
--> ERROR 1:27 Could not determine output schema for query due to error: Non-aggregate SELECT expression(s) not part of GROUP BY: K
--> Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE TABLE t3 AS SELECT COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) EMIT FINAL;
--> ERROR 1:20 Could not determine output schema for query due to error: CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(ROWTIME)] without a GROUP BY clause.
CREATE TABLE t3 AS SELECT k, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 SECOND) EMIT CHANGES;
--> ERROR 1:53 Could not determine output schema for query due to error: WINDOW clause requires a GROUP BY clause.
CREATE TABLE m AS SELECT k AS id, COUNT(*) AS count FROM s GROUP BY k;
--> Created query with ID CTAS_M_1
SELECT * FROM m WHERE id IN ('10', 8);
--> ERROR 1:30 '10' can not be converted to the type of the key column: ID INTEGER KEY
SELECT * FROM m WHERE count = 1 OR id IN (7, 'x');
--> ERROR 1:46 Invalid Predicate: invalid input syntax for type INTEGER: "x".
SELECT * FROM m LIMIT 2.5;
--> ERROR 1:23 Value must be integer for command: LIMIT
SET 'ksql.query.pull.table.scan.enabled'='false';
--> Successfully changed local property 'ksql.query.pull.table.scan.enabled' to 'false'. Use the UNSET command to revert your change.
SELECT * FROM m WHERE id IN (2, count + 1, 3);
--> ERROR 1:33 A comparison must be between a key column and a resolvable expression. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
SELECT * FROM m WHERE id >= 12;
--> ERROR 1:23 Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true
SELECT * FROM m WHERE id = 12;
--> `ID` INTEGER KEY, `COUNT` BIGINT
-- A record without a value has no ROWTIME as a key.
CREATE STREAM raw (k INT KEY, v STRING) WITH (kafka_topic='r', key_format='json', value_format='kafka', partitions=1);
--> Stream created
CREATE STREAM r (k INT KEY, f1 INT) WITH (kafka_topic='r', key_format='json', value_format='json', partitions=1);
--> Stream created
CREATE STREAM p WITH (key_format='json') AS SELECT f1, ROWTIME AS rt, k FROM r PARTITION BY f1, ROWTIME;
--> Created query with ID CSAS_P_4
INSERT INTO raw (ROWTIME, k, v) VALUES (5, 1, '{"F1":7}');
INSERT INTO raw (ROWTIME, k) VALUES (6, 2);
--@ advance 2000
PRINT P FROM BEGINNING LIMIT 2;
--> Key format: JSON or HOPPING(KAFKA_STRING) or TUMBLING(KAFKA_STRING) or KAFKA_STRING
--> Value format: JSON or KAFKA_STRING
--> rowtime: 1970/01/01 00:00:00.005 Z, key: {"F1":7,"RT":5}, value: {"K":1}, partition: 0
--> rowtime: 1970/01/01 00:00:00.006 Z, key: {"F1":null,"RT":null}, value: <null>, partition: 0
