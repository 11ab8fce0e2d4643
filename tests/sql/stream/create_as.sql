-- SPDX-License-Identifier: Apache-2.0
-- CREATE STREAM AS: filter and projection into a topic of its own; keys stay, tombstones pass without WHERE.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM src (k STRING KEY, v INT, w STRING) WITH (kafka_topic='src', value_format='json', partitions=1);
--> Stream created
CREATE STREAM big AS SELECT k, v AS amount, w FROM src WHERE v > 10 EMIT CHANGES;
--> Created query with ID CSAS_BIG_1
CREATE STREAM every AS SELECT k, v + 1 AS v1 FROM src;
--> Created query with ID CSAS_EVERY_2
INSERT INTO src (k, v, w) VALUES ('a', 5, 'x');
INSERT INTO src (k, v, w) VALUES ('b', 50, 'y');
INSERT INTO src (k, v) VALUES ('c', 11);
INSERT INTO src (v, w) VALUES (12, 'no key');
--@ append src d null
--@ advance 2000

--@ topic src
--> 0 | a | {"V":5,"W":"x"} | 0
--> 0 | b | {"V":50,"W":"y"} | 0
--> 0 | c | {"V":11,"W":null} | 0
--> 0 | null | {"V":12,"W":"no key"} | 0
--> 0 | d | null | 0
--@ topic BIG
--> 0 | b | {"AMOUNT":50,"W":"y"} | 0
--> 0 | c | {"AMOUNT":11,"W":null} | 0
--> 0 | null | {"AMOUNT":12,"W":"no key"} | 0
--@ topic EVERY
--> 0 | a | {"V1":6} | 0
--> 0 | b | {"V1":51} | 0
--> 0 | c | {"V1":12} | 0
--> 0 | null | {"V1":13} | 0
--> 0 | d | null | 0

SELECT * FROM big EMIT CHANGES LIMIT 3;
--> `K` STRING, `AMOUNT` INTEGER, `W` STRING
--> b | 50 | y
--> c | 11 | null
--> null | 12 | no key
--> Limit Reached
