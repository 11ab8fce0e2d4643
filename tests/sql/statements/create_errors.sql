-- SPDX-License-Identifier: Apache-2.0
-- What CREATE refuses, with the texts that a real ksqlDB answered.
CREATE STREAM s1 (a INT) WITH (kafka_topic='t1', value_format='json');
--> ERROR 1:1 Topic 't1' does not exist. If you want to create a new topic for the stream/table please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: CREATE STREAM S1 (A INTEGER) WITH (KAFKA_TOPIC='t1', KEY_FORMAT='KAFKA', PARTITIONS=2, VALUE_FORMAT='JSON');
CREATE STREAM s1 (a INT);
--> ERROR 1:1 Failed to prepare statement: Missing required property "KAFKA_TOPIC" which has no default value.
CREATE STREAM s1 (a INT) WITH (kafka_topic='t1', value_format='jsonn', partitions=1);
--> ERROR 1:63 Unknown format: JSONN
--> HINT did you mean JSON?
CREATE STREAM s1 (a INT) WITH (kafka_topic='t1', value_format='json', partitions=1, nonsense='x');
--> ERROR 1:85 Failed to prepare statement: Invalid config variable(s) in the WITH clause: NONSENSE
CREATE STREAM s1 (a INTT) WITH (kafka_topic='t1', value_format='json', partitions=1);
--> ERROR 1:21 Failed to prepare statement: Cannot resolve unknown type: INTT
--> HINT did you mean INT?
CREATE STREAM s1 (a INT, a INT) WITH (kafka_topic='t1', value_format='json', partitions=1);
--> ERROR 1:26 Failed to prepare statement: Duplicate column names: `A`
CREATE STREAM s1 (rowtime BIGINT) WITH (kafka_topic='t1', value_format='json', partitions=1);
--> ERROR 1:19 'ROWTIME' is a reserved column name. You cannot use it as a name for a column.
CREATE TABLE s1 (a INT) WITH (kafka_topic='t1', value_format='json', partitions=1);
--> ERROR 1:1 Tables require a PRIMARY KEY. Please define the PRIMARY KEY.
CREATE STREAM s1 (k1 INT KEY, k2 INT KEY, a VARCHAR) WITH (kafka_topic='t1', value_format='json', partitions=1);
--> ERROR 1:1 Key format does not support schema.
--> format: KAFKA
--> schema: Persistence{columns=[`K1` INTEGER KEY, `K2` INTEGER KEY], features=[]}
--> reason: The 'KAFKA' format only supports a single field. Got: [`K1` INTEGER KEY, `K2` INTEGER KEY]
--> HINT a key of several columns needs another format: WITH (KEY_FORMAT='JSON')
CREATE STREAM s1 (a VARCHAR) WITH (kafka_topic='t1', value_format='json', partitions=1, timestamp='b');
--> ERROR 1:1 The TIMESTAMP column set in the WITH clause does not exist in the schema: 'B'
SHOW TOPICS;
--> default_ksql_processing_log | 1
