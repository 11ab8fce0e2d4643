-- SPDX-License-Identifier: Apache-2.0
-- A record that cannot be written is skipped and leaves one row in the processing log; the next ones go on.
--@ local its records are larger than a broker takes
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k STRING KEY, v STRING, n INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE STREAM wide AS SELECT k, LPAD(v, n, 'x') AS v FROM s;
--> Created query with ID CSAS_WIDE_1
CREATE STREAM rekeyed AS SELECT LPAD(v, n, 'x') + 'y' AS l, n FROM s PARTITION BY LPAD(v, n, 'x') + 'y';
--> Created query with ID CSAS_REKEYED_2
INSERT INTO s VALUES ('a', 'one', 2);
INSERT INTO s VALUES ('b', 'two', 67108864);
INSERT INTO s VALUES ('c', 'three', 67108863);
INSERT INTO s VALUES ('d', 'four', 3);
--@ advance 2000
SELECT k, LEN(v) AS n FROM wide EMIT CHANGES;
--> `K` STRING, `N` INTEGER
--> a | 2
--> d | 3
SELECT LEN(l) AS length, n FROM rekeyed EMIT CHANGES;
--> `LENGTH` INTEGER, `N` INTEGER
--> 3 | 2
--> null | 67108864
--> 67108864 | 67108863
--> 4 | 3
SELECT logger, message->type AS type, message->serializationError AS error FROM KSQL_PROCESSING_LOG EMIT CHANGES;
--> `LOGGER` STRING, `TYPE` INTEGER, `ERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORD` STRING, `CAUSE` ARRAY<STRING>, `TOPIC` STRING>
--> processing.CSAS_WIDE_1.Sink.serializer | 3 | {TARGET=value, ERRORMESSAGE=Error serializing message to topic: WIDE. The value is 67108872 bytes when serialized which is larger than 67108864, the most that a record may have., RECORD=null, CAUSE=[The value is 67108872 bytes when serialized which is larger than 67108864, the most that a record may have.], TOPIC=WIDE}
--> processing.CSAS_REKEYED_2.Project | 1 | null
--> processing.CSAS_WIDE_1.Sink.serializer | 3 | {TARGET=value, ERRORMESSAGE=Error serializing message to topic: WIDE. The value is 67108871 bytes when serialized which is larger than 67108864, the most that a record may have., RECORD=null, CAUSE=[The value is 67108871 bytes when serialized which is larger than 67108864, the most that a record may have.], TOPIC=WIDE}
