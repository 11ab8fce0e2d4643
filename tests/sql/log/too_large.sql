-- SPDX-License-Identifier: Apache-2.0
-- A value has 64 MB at most, whatever makes it: the row fails with that reason, and the next one goes on.
--@ local its values are made to be thrown away
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k INT KEY, b VARCHAR) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
INSERT INTO s VALUES (1, 'b');
SELECT LEN(REPLACE(LPAD(b,1000000,'a'),'a',LPAD(b,100000,'a'))) AS n FROM s;
--> `N` INTEGER
--> null
--> Query Completed
SELECT LEN(CONCAT(LPAD(b,40000000,'a'),LPAD(b,40000000,'a'))) AS n FROM s;
--> `N` INTEGER
--> null
--> Query Completed
SELECT LEN(LPAD(b,40000000,'a') + LPAD(b,40000000,'a')) AS n FROM s;
--> `N` INTEGER
--> null
--> Query Completed
SELECT LEN(LPAD(b,67108864,'a')) AS n, LEN(LPAD(b,67108865,'a')) AS m FROM s;
--> `N` INTEGER, `M` INTEGER
--> 67108864 | null
--> Query Completed
SELECT ARRAY_LENGTH(SPLIT(LPAD(b,1000000,'a'),'')) AS n, ARRAY_LENGTH(SPLIT(LPAD(b,3000000,'a'),'')) AS m FROM s;
--> `N` INTEGER, `M` INTEGER
--> 1000000 | null
--> Query Completed
SELECT ARRAY_LENGTH(SPLIT(LPAD(b,6000000,'ab'),'b')) AS n, LEN(REPLACE(LPAD(b,1000000,'a'),'',LPAD(b,1000,'x'))) AS m FROM s;
--> `N` INTEGER, `M` INTEGER
--> null | null
--> Query Completed
SELECT LEN(REGEXP_REPLACE(LPAD(b,100000,'a'),'a', LPAD(b,1000,'z'))) AS n FROM s;
--> `N` INTEGER
--> null
--> Query Completed
SELECT LEN(ARRAY_JOIN(ARRAY[LPAD(b,30000000,'a'),LPAD(b,30000000,'a'),LPAD(b,30000000,'a')], '')) AS n FROM s;
--> `N` INTEGER
--> null
--> Query Completed
SELECT ARRAY_LENGTH(GENERATE_SERIES(1, k * 2097152)) AS n, ARRAY_LENGTH(GENERATE_SERIES(0, k * 2097152)) AS m FROM s;
--> `N` INTEGER, `M` INTEGER
--> 2097152 | null
--> Query Completed
SELECT message->recordProcessingError->errorMessage AS why FROM KSQL_PROCESSING_LOG;
--> `WHY` STRING
--> The value is larger than 64 MB
--> The value is larger than 64 MB
--> The value is larger than 64 MB
--> The value is larger than 64 MB
--> The value is larger than 64 MB
--> The value is larger than 64 MB
--> The values made of a batch of rows are larger than 256 MB
--> The values made of a batch of rows are larger than 256 MB
--> The value is larger than 64 MB
--> The value is larger than 64 MB
--> GENERATE_SERIES of more than 2097152 elements
--> Query Completed
