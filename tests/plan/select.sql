-- SPDX-License-Identifier: Apache-2.0
-- Plans of queries over one stream.
CREATE STREAM s (k STRING KEY, v INT, w DOUBLE) WITH (kafka_topic='s', value_format='json', partitions=2);
EXPLAIN SELECT * FROM s EMIT CHANGES;
EXPLAIN SELECT k, v + 1 AS x FROM s WHERE w > 1.5 EMIT CHANGES LIMIT 3;
EXPLAIN CREATE STREAM t AS SELECT k, v FROM s WHERE v > 0 AND w < 10;
EXPLAIN SELECT nosuch FROM s EMIT CHANGES;
EXPLAIN SHOW STREAMS;
