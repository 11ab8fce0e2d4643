-- SPDX-License-Identifier: Apache-2.0
-- A declared table: updates, tombstones, filters over it, aggregates that take back what they added.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
SET 'ksql.streams.cache.max.bytes.buffering'='0';
--> Successfully changed local property 'ksql.streams.cache.max.bytes.buffering' to '0'. Use the UNSET command to revert your change.
CREATE TABLE people (id STRING PRIMARY KEY, city STRING, age INT) WITH (kafka_topic='people', value_format='json', partitions=1);
--> Table created
CREATE TABLE adults AS SELECT id, city FROM people WHERE age >= 18;
--> Created query with ID CTAS_ADULTS_1
CREATE TABLE cities AS SELECT city, COUNT(*) AS n, SUM(age) AS age_sum FROM people GROUP BY city;
--> Created query with ID CTAS_CITIES_2
INSERT INTO people VALUES ('ann', 'Rome', 20);
INSERT INTO people VALUES ('bob', 'Rome', 10);
INSERT INTO people VALUES ('ann', 'Oslo', 21);
INSERT INTO people VALUES ('bob', 'Rome', 18);
--@ append people ann null
INSERT INTO people VALUES ('bob', 'Rome', 17);
--@ advance 2000

-- bob at 10 never matched before: nothing; ann's deletion and bob's 17 are tombstones.
--@ topic ADULTS
--> 0 | ann | {"CITY":"Rome"} | 0
--> 0 | ann | {"CITY":"Oslo"} | 0
--> 0 | bob | {"CITY":"Rome"} | 0
--> 0 | ann | null | 0
--> 0 | bob | null | 0
SELECT * FROM cities WHERE city = 'Rome';
--> `CITY` STRING KEY, `N` BIGINT, `AGE_SUM` INTEGER
--> Rome | 1 | 17
SELECT * FROM cities WHERE city = 'Oslo';
--> `CITY` STRING KEY, `N` BIGINT, `AGE_SUM` INTEGER
--> Oslo | 0 | 0

-- A table that was declared has no state to ask.
SELECT * FROM people WHERE id = 'ann';
--> ERROR 1:15 The `PEOPLE` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_PEOPLE AS SELECT * FROM PEOPLE'. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
