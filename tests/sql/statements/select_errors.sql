-- SPDX-License-Identifier: Apache-2.0
-- What queries refuse, with the texts that a real ksqlDB answered.
CREATE STREAM orders (id INT KEY, customer STRING, amount DOUBLE, tags ARRAY<STRING>, addr STRUCT<city STRING, zip INT>) WITH (kafka_topic='orders', value_format='json', partitions=1);
--> Stream created
CREATE STREAM s2 AS SELECT * FROM nosuch EMIT CHANGES;
--> ERROR 1:35 Exception while preparing statement: NOSUCH does not exist.
CREATE STREAM s2 AS SELECT nosuch FROM orders EMIT CHANGES;
--> ERROR 1:28 Could not determine output schema for query due to error: Line: 1, Col: 28: SELECT column 'NOSUCH' cannot be resolved.
CREATE STREAM s2 AS SELECT nosuchfn(id) FROM orders EMIT CHANGES;
--> ERROR 1:28 Could not determine output schema for query due to error: Can't find any functions with the name 'NOSUCHFN'
CREATE STREAM s2 AS SELECT id, customer + 1 AS x FROM orders EMIT CHANGES;
--> ERROR 1:32 Could not determine output schema for query due to error: Error processing expression: (CUSTOMER + 1). Unsupported arithmetic types. STRING INTEGER
CREATE STREAM s2 AS SELECT id, customer FROM orders WHERE amount EMIT CHANGES;
--> ERROR 1:59 Could not determine output schema for query due to error: Type error in WHERE expression: Should evaluate to boolean but is AMOUNT (DOUBLE) instead.
CREATE STREAM s2 AS SELECT customer FROM orders EMIT CHANGES;
--> ERROR 1:21 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT). 
--> The query used to build `S2` must include the key column ID in its projection (eg, SELECT ID...).
CREATE TABLE t2 AS SELECT COUNT(*) FROM orders GROUP BY id EMIT CHANGES;
--> ERROR 1:20 Could not determine output schema for query due to error: Key missing from projection (ie, SELECT). 
--> The query used to build `T2` must include the grouping expression ID in its projection (eg, SELECT ID...).
CREATE TABLE t2 AS SELECT id, SUM(SUM(amount)) FROM orders GROUP BY id EMIT CHANGES;
--> ERROR 1:35 Could not determine output schema for query due to error: Aggregate functions can not be nested: SUM(SUM())
CREATE TABLE t2 AS SELECT customer, COUNT(*) AS n FROM orders GROUP BY customer HAVING amount > 1 EMIT CHANGES;
--> ERROR 1:88 Could not determine output schema for query due to error: Non-aggregate HAVING expression not part of GROUP BY: AMOUNT
--> Consider switching the HAVING clause to a WHERE clause before the GROUP BY.
CREATE STREAM s2 AS SELECT id, addr->nosuch AS x FROM orders EMIT CHANGES;
--> ERROR 1:32 Could not determine output schema for query due to error: Could not find field 'NOSUCH' in 'ADDR'.
CREATE STREAM s2 AS SELECT id, 1 AS a, 2 AS a FROM orders EMIT CHANGES;
--> ERROR 1:40 Could not determine output schema for query due to error: Duplicate value columns found in schema: `A` INTEGER
SELECT * FROM nosuch EMIT CHANGES;
--> ERROR 1:15 Exception while preparing statement: NOSUCH does not exist.
SELECT nosuch FROM orders EMIT CHANGES;
--> ERROR 1:8 Line: 1, Col: 8: SELECT column 'NOSUCH' cannot be resolved.
PRINT nosuch;
--> ERROR 1:1 Topic does not exist: nosuch
EXPLAIN SHOW STREAMS;
--> ERROR 1:9 The provided statement does not run a ksql query
DESCRIBE FUNCTION nosuch;
--> ERROR 1:19 Can't find any functions with the name 'nosuch'
-- An aggregate whose state a flat value format cannot hold; its name in any case.
CREATE STREAM flat (k INT KEY, v INT) WITH (kafka_topic='flat', value_format='delimited', partitions=1);
--> Stream created
CREATE TABLE means AS SELECT k, avg(v) AS mean FROM flat GROUP BY k;
--> ERROR 1:23 Could not determine output schema for query due to error: One of the functions used in the statement has an intermediate type that the value format can not handle. Please remove the function or change the format.
