-- SPDX-License-Identifier: Apache-2.0
-- PRINT: formats that fit all records seen, then a line a record.
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
INSERT INTO s VALUES ('one', 1);
INSERT INTO s (v) VALUES (2);
PRINT s FROM BEGINNING LIMIT 2;
--> Key format: KAFKA_STRING
--> Value format: JSON or KAFKA_STRING
--> rowtime: 2023/11/14 22:13:20.000 Z, key: one, value: {"V":1}, partition: 0
--> rowtime: 2023/11/14 22:13:20.000 Z, key: <null>, value: {"V":2}, partition: 0
