-- SPDX-License-Identifier: Apache-2.0
-- A push query sees what comes after it began; with the default 'latest' only that.
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
INSERT INTO s (k, v) VALUES ('a', 1);
--@ keep
SELECT * FROM s EMIT CHANGES;
--> `K` STRING, `V` INTEGER
INSERT INTO s (k, v) VALUES ('b', 2);
INSERT INTO s (k, v) VALUES ('c', 3);
--@ poll
--> b | 2
--> c | 3
INSERT INTO s (k, v) VALUES ('d', 4);
--@ poll
--> d | 4
--@ close

SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
--@ keep
SELECT k FROM s WHERE v <> 2 EMIT CHANGES LIMIT 4;
--> `K` STRING
--> a
--> c
--> d
INSERT INTO s (k, v) VALUES ('e', 5);
INSERT INTO s (k, v) VALUES ('f', 6);
--@ poll
--> e
--> Limit Reached
