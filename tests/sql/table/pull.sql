-- SPDX-License-Identifier: Apache-2.0
-- Pull queries over a table: by key, by several keys, by scan, with LIMIT; what they refuse.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (customer STRING KEY, amount DOUBLE) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE TABLE totals AS SELECT customer, SUM(amount) AS total, COUNT(*) AS n FROM s GROUP BY customer;
--> Created query with ID CTAS_TOTALS_1
INSERT INTO s VALUES ('a', 1.5);
INSERT INTO s VALUES ('b', 2);
INSERT INTO s VALUES ('a', 1);
--@ advance 2000
SELECT * FROM totals WHERE customer = 'a';
--> `CUSTOMER` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
--> a | 2.5 | 2
SELECT n, customer FROM totals WHERE customer = 'b';
--> `N` BIGINT, `CUSTOMER` STRING KEY
--> 1 | b
SELECT * FROM totals WHERE customer = 'nobody';
--> `CUSTOMER` STRING KEY, `TOTAL` DOUBLE, `N` BIGINT
SELECT customer FROM totals WHERE total > 2.2;
--> `CUSTOMER` STRING KEY
--> a
SELECT customer FROM totals WHERE customer = 'b' AND n = 2;
--> `CUSTOMER` STRING KEY
SELECT COUNT(*) FROM totals;
--> ERROR 1:1 Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> HINT GROUP BY the other columns and EMIT CHANGES make it a push query; CREATE TABLE … AS SELECT keeps the result for pull queries
SELECT * FROM totals GROUP BY customer;
--> ERROR 1:22 Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
SELECT * FROM totals PARTITION BY customer;
--> ERROR 1:22 Pull queries don't support PARTITION BY clauses. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
