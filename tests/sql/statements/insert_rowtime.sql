-- SPDX-License-Identifier: Apache-2.0
-- A record's time is never negative: Kafka takes no such record.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM o (id INT KEY) WITH (kafka_topic='o', value_format='json', partitions=1);
--> Stream created
INSERT INTO o (ROWTIME, id) VALUES (-5, 1);
--> ERROR 1:37 Failed to insert values into 'O'. Invalid timestamp: -5. Timestamp should always be non-negative or null.
--> HINT ROWTIME counts milliseconds from 1970-01-01T00:00:00 UTC
INSERT INTO o (id, ROWTIME) VALUES (1, -9223372036854775808);
--> ERROR 1:40 Failed to insert values into 'O'. Invalid timestamp: -9223372036854775808. Timestamp should always be non-negative or null.
--> HINT ROWTIME counts milliseconds from 1970-01-01T00:00:00 UTC
INSERT INTO o (ROWTIME, id) VALUES (0, 2);
INSERT INTO o (ROWTIME, id) VALUES (NULL, 3);
SELECT ROWTIME, id FROM o EMIT CHANGES;
--> `ROWTIME` BIGINT, `ID` INTEGER
--> 0 | 2
--> 1700000000000 | 3
PRINT o FROM BEGINNING LIMIT 2;
--> Key format: KAFKA_INT or KAFKA_STRING
--> Value format: JSON or KAFKA_STRING
--> rowtime: 1970/01/01 00:00:00.000 Z, key: 2, value: {}, partition: 0
--> rowtime: 2023/11/14 22:13:20.000 Z, key: 3, value: {}, partition: 0
