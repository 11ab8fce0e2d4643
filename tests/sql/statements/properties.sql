-- SPDX-License-Identifier: Apache-2.0
-- SET, UNSET, DEFINE, UNDEFINE.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
SET 'auto.offset.reset'='latest';
--> Successfully changed local property 'auto.offset.reset' from 'earliest' to 'latest'.
UNSET 'auto.offset.reset';
--> Successfully unset local property 'auto.offset.reset' (value was 'latest').
UNSET 'auto.offset.reset';
--> ERROR 1:1 Cannot unset local property 'auto.offset.reset' which was never set in the first place
SET 'nosuch'='1';
--> ERROR 1:1 Unknown property: nosuch
SET 'auto.offset.reset'='nosuch';
--> ERROR 1:1 Invalid value nosuch for configuration auto.offset.reset: Invalid value `nosuch` for configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.
DEFINE topic = 'from_variable';
CREATE STREAM ${topic} (k STRING KEY, v INT) WITH (kafka_topic='${topic}', value_format='json', partitions=1);
--> Stream created
--@ only FROM_VARIABLE
SHOW STREAMS;
--> FROM_VARIABLE | from_variable | KAFKA | JSON | false
UNDEFINE topic;
UNDEFINE topic;
--> Cannot undefine variable 'TOPIC' which was never defined.
SET 'processing.guarantee'='exactly_once';
--> Successfully changed local property 'processing.guarantee' to 'exactly_once'. Use the UNSET command to revert your change.
UNSET 'processing.guarantee';
--> Successfully unset local property 'processing.guarantee' (value was 'exactly_once_v2').
SET 'processing.guarantee'='twice';
--> ERROR 1:1 Invalid value twice for configuration processing.guarantee: String must be one of: at_least_once, exactly_once_v2
SET 'ksql.streams.num.standby.replicas'='-1';
--> ERROR 1:1 Invalid value -1 for configuration num.standby.replicas: Value must be at least 0
SET 'num.stream.threads'='abc';
--> ERROR 1:1 Invalid value abc for configuration num.stream.threads: Not a number of type INT
SET 'commit.interval.ms'='soon';
--> ERROR 1:1 Invalid value soon for configuration commit.interval.ms: Not a number of type LONG
SET 'consumer.auto.offset.reset'='none';
--> ERROR 1:1 Invalid value none for configuration auto.offset.reset: 'none' is not valid for this property within KSQL
SET 'bootstrap.servers'='elsewhere:9092';
--> ERROR 1:1 Cannot override property 'bootstrap.servers'
SET 'ksql.streams.producer.ssl.key.password'='x';
--> ERROR 1:1 Cannot override property 'ksql.streams.producer.ssl.key.password'
-- What is the server's alone, under every spelling.
SET 'ksql.internal.topic.replicas'='3';
--> ERROR 1:1 Cannot override property 'ksql.internal.topic.replicas'
SET 'ksql.internal.topic.min.insync.replicas'='3';
--> ERROR 1:1 Cannot override property 'ksql.internal.topic.min.insync.replicas'
SET 'session.timeout.ms'='3';
--> ERROR 1:1 Cannot override property 'session.timeout.ms'
SET 'ksql.streams.session.timeout.ms'='3';
--> ERROR 1:1 Cannot override property 'ksql.streams.session.timeout.ms'
SET 'consumer.session.timeout.ms'='3';
--> ERROR 1:1 Cannot override property 'consumer.session.timeout.ms'
SET 'ksql.streams.consumer.session.timeout.ms'='3';
--> ERROR 1:1 Cannot override property 'ksql.streams.consumer.session.timeout.ms'
SET 'ksql.streams.heartbeat.interval.ms'='3';
--> ERROR 1:1 Cannot override property 'ksql.streams.heartbeat.interval.ms'
SET 'ksql.service.id'='3';
--> ERROR 1:1 Cannot override property 'ksql.service.id'
SET 'ksql.headers.columns.enabled'='3';
--> ERROR 1:1 Cannot override property 'ksql.headers.columns.enabled'
SET 'sasl.password'='x';
--> ERROR 1:1 Unknown property: sasl.password
