-- A push query over several partitions takes their rows in the order of time, in runs: a late row waits
-- for nobody, and holds back only its own partition.
SET 'auto.offset.reset' = 'earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=4);
--> Stream created
INSERT INTO s (rowtime, k, v) VALUES (100, 1, 1);
INSERT INTO s (rowtime, k, v) VALUES (50, 2, 2);
INSERT INTO s (rowtime, k, v) VALUES (75, 3, 3);
INSERT INTO s (rowtime, k, v) VALUES (60, 4, 4);
INSERT INTO s (rowtime, k, v) VALUES (55, 1, 5);
SELECT rowtime, rowpartition, k, v FROM s EMIT CHANGES LIMIT 5;
--> `ROWTIME` BIGINT, `ROWPARTITION` INTEGER, `K` INTEGER, `V` INTEGER
--> 50 | 3 | 2 | 2
--> 75 | 3 | 3 | 3
--> 60 | 3 | 4 | 4
--> 100 | 0 | 1 | 1
--> 55 | 0 | 1 | 5
--> Limit Reached
