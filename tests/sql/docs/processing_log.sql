-- SPDX-License-Identifier: Apache-2.0
-- The statements of docs/processing-log.md.
SET 'auto.offset.reset' = 'earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM readings (sensor VARCHAR KEY, celsius INT)
  WITH (kafka_topic='readings', value_format='json', partitions=1);
--> Stream created
CREATE STREAM warm AS SELECT sensor, celsius FROM readings WHERE celsius > 20;
--> Created query with ID CSAS_WARM_1
--@ append readings a {"CELSIUS":25}
--@ append readings b {"CELSIUS":"hot"}
--@ append readings c {"CELSIUS":30}
--@ advance 2000
SELECT * FROM warm EMIT CHANGES LIMIT 2;
--> `SENSOR` STRING, `CELSIUS` INTEGER
--> a | 25
--> c | 30
--> Limit Reached
SELECT logger, message->deserializationError->errorMessage AS error,
       message->deserializationError->cause AS cause
  FROM KSQL_PROCESSING_LOG EMIT CHANGES LIMIT 1;
--> `LOGGER` STRING, `ERROR` STRING, `CAUSE` ARRAY<STRING>
--> processing.CSAS_WARM_1.KsqlTopic.Source.deserializer | Failed to deserialize value from topic: readings. Can't coerce string to type. targetType: INTEGER, path: $.CELSIUS | [Can't coerce string to type. targetType: INTEGER, path: $.CELSIUS, Can't coerce string to type. targetType: INTEGER, path: .CELSIUS, Can't coerce string to type. targetType: INTEGER]
--> Limit Reached
SELECT message->deserializationError->`TOPIC` AS source, FROM_UNIXTIME(time) AS noticed
  FROM KSQL_PROCESSING_LOG EMIT CHANGES LIMIT 1;
--> `SOURCE` STRING, `NOTICED` TIMESTAMP
--> readings | 2023-11-14T22:13:20.000
--> Limit Reached
CREATE TABLE skipped AS
  SELECT logger, COUNT(*) AS records FROM KSQL_PROCESSING_LOG GROUP BY logger;
--> Created query with ID CTAS_SKIPPED_2
--@ advance 2000
SELECT * FROM skipped;
--> `LOGGER` STRING KEY, `RECORDS` BIGINT
--> processing.CSAS_WARM_1.KsqlTopic.Source.deserializer | 1
