-- SPDX-License-Identifier: Apache-2.0
-- Plans of aggregations: with and without a repartition, over a stream and over a table.
CREATE STREAM s (k STRING KEY, g STRING, v INT) WITH (kafka_topic='s', value_format='json', partitions=2);
CREATE STREAM one (k STRING KEY, g STRING, v INT) WITH (kafka_topic='one', value_format='json', partitions=1);
CREATE TABLE p (id STRING PRIMARY KEY, city STRING, age INT) WITH (kafka_topic='p', value_format='json', partitions=2);
EXPLAIN CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;
EXPLAIN CREATE TABLE t AS SELECT g, COUNT(*) AS n FROM s WHERE v > 1 GROUP BY g HAVING COUNT(*) > 2;
EXPLAIN CREATE TABLE t AS SELECT g, COUNT(*) AS n FROM one GROUP BY g;
EXPLAIN CREATE TABLE t WITH (key_format='json') AS SELECT g, k, AVG(v + 1) AS mean FROM s GROUP BY g, k;
EXPLAIN CREATE TABLE t AS SELECT city, MAX(age) AS oldest FROM p GROUP BY city;
EXPLAIN CREATE TABLE t AS SELECT city, SUM(age) AS ages FROM p GROUP BY city;
EXPLAIN CREATE TABLE t AS SELECT id, age FROM p WHERE age > 17;
