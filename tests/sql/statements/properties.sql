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
