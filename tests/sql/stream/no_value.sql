-- SPDX-License-Identifier: Apache-2.0
-- A record without a value is no row of a stream; one whose columns are all NULL is.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
--@ append s a null
--@ append s b {"v":1}
--@ append s c {}
--@ append s - {"v":2}
SELECT * FROM s EMIT CHANGES;
--> `K` STRING, `V` INTEGER
--> b | 1
--> c | null
--> null | 2
SELECT * FROM s;
--> `K` STRING, `V` INTEGER
--> b | 1
--> c | null
--> null | 2
--> Query Completed
SELECT k FROM s EMIT CHANGES LIMIT 2;
--> `K` STRING
--> b
--> c
--> Limit Reached
