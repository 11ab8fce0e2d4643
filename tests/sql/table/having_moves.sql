-- SPDX-License-Identifier: Apache-2.0
-- GROUP BY of a table through a repartition topic: a change within a group is one step there too, of which nothing in between is
-- seen, not by HAVING either; between two groups it is a removal and an addition.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
SET 'ksql.streams.cache.max.bytes.buffering'='0';
--> Successfully changed local property 'ksql.streams.cache.max.bytes.buffering' to '0'. Use the UNSET command to revert your change.
CREATE TABLE p (id STRING PRIMARY KEY, city STRING, v INT) WITH (kafka_topic='p', value_format='json', partitions=2);
--> Table created
CREATE TABLE t AS SELECT city, SUM(v) AS total FROM p GROUP BY city HAVING SUM(v) > 10;
--> Created query with ID CTAS_T_1
INSERT INTO p VALUES ('a', 'Bern', 20);
--@ advance 2000
INSERT INTO p VALUES ('a', 'Bern', 1);
--@ advance 2000
INSERT INTO p VALUES ('a', 'Bern', 30);
--@ advance 2000
INSERT INTO p VALUES ('a', 'Bern', 40);
--@ advance 2000
INSERT INTO p VALUES ('a', 'Rome', 12);
--@ advance 2000
--@ topic T
--> 0 | Rome | {"TOTAL":12} | 8000
--> 1 | Bern | {"TOTAL":20} | 0
--> 1 | Bern | null | 2000
--> 1 | Bern | {"TOTAL":30} | 4000
--> 1 | Bern | {"TOTAL":40} | 6000
--> 1 | Bern | null | 8000
