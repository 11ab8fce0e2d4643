-- SPDX-License-Identifier: Apache-2.0
-- DROP, IF EXISTS, DELETE TOPIC, TERMINATE and what stands in their way.
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE STREAM t AS SELECT * FROM s;
--> Created query with ID CSAS_T_1
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json');
--> ERROR 1:15 Cannot add stream 'S': A stream with the same name already exists
DROP TABLE s;
--> ERROR 1:1 Incompatible data source type is stream, but statement was DROP table
DROP STREAM s;
--> ERROR 1:1 Cannot drop S.
--> The following streams and/or tables read from this source: [T].
--> You need to drop them before dropping S.
DROP STREAM nosuch;
--> ERROR 1:13 Stream NOSUCH does not exist.
DROP STREAM IF EXISTS nosuch;
--> Source `NOSUCH` does not exist.
DROP STREAM t;
--> Source `T` (topic: T) was dropped.
SHOW QUERIES;
SHOW TOPICS;
--> T | 1
--> default_ksql_processing_log | 1
--> s | 1
DROP STREAM s DELETE TOPIC;
--> Source `S` (topic: s) was dropped.
SHOW TOPICS;
--> T | 1
--> default_ksql_processing_log | 1
EXPLAIN nosuch;
--> ERROR 1:9 Query with id:NOSUCH does not exist, use SHOW QUERIES to view the full set of queries.
