-- SPDX-License-Identifier: Apache-2.0
-- A record that cannot be read is skipped and leaves one row in the processing log; the next ones go on.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE STREAM t AS SELECT k, v FROM s;
--> Created query with ID CSAS_T_1
--@ append s a {"V":1}
--@ append s b {"V":"abc"}
--@ append s c not json
--@ append s d {"V":4}
--@ advance 2000
--@ topic T
--> 0 | a | {"V":1} | 0
--> 0 | d | {"V":4} | 0
SELECT level, time, message->type AS type, message->deserializationError->target AS target, message->deserializationError->`TOPIC` AS topic_name FROM KSQL_PROCESSING_LOG EMIT CHANGES;
--> `LEVEL` STRING, `TIME` BIGINT, `TYPE` INTEGER, `TARGET` STRING, `TOPIC_NAME` STRING
--> ERROR | 1700000000000 | 0 | value | s
--> ERROR | 1700000000000 | 0 | value | s
