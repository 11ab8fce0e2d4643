-- SPDX-License-Identifier: Apache-2.0
-- Records of one key go to one partition, chosen as Kafka's default partitioner does (murmur2); the sink
-- takes its number of partitions from the source unless told otherwise.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=3);
--> Stream created
CREATE STREAM t AS SELECT * FROM s;
--> Created query with ID CSAS_T_1
CREATE STREAM one WITH (partitions=1, kafka_topic='single') AS SELECT * FROM s;
--> Created query with ID CSAS_ONE_2
SHOW TOPICS;
--> T | 3
--> default_ksql_processing_log | 1
--> s | 3
--> single | 1
