-- SPDX-License-Identifier: Apache-2.0
-- A stream from CREATE to push and pull queries: projection, WHERE, LIMIT, names of columns.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM orders (id INT KEY, customer VARCHAR, amount DOUBLE) WITH (kafka_topic='orders', value_format='json', partitions=1);
--> Stream created
INSERT INTO orders (id, customer, amount) VALUES (1, 'ann', 10.5);
INSERT INTO orders (id, customer, amount) VALUES (2, 'bob', 3.0);
INSERT INTO orders (id, customer) VALUES (3, 'cid');
INSERT INTO orders VALUES (4, 'ann', 7);

SELECT * FROM orders EMIT CHANGES;
--> `ID` INTEGER, `CUSTOMER` STRING, `AMOUNT` DOUBLE
--> 1 | ann | 10.5
--> 2 | bob | 3.0
--> 3 | cid | null
--> 4 | ann | 7.0

SELECT * FROM orders EMIT CHANGES LIMIT 2;
--> `ID` INTEGER, `CUSTOMER` STRING, `AMOUNT` DOUBLE
--> 1 | ann | 10.5
--> 2 | bob | 3.0
--> Limit Reached

-- A pull query over a stream reads to the ends as they are now.
SELECT * FROM orders;
--> `ID` INTEGER, `CUSTOMER` STRING, `AMOUNT` DOUBLE
--> 1 | ann | 10.5
--> 2 | bob | 3.0
--> 3 | cid | null
--> 4 | ann | 7.0
--> Query Completed

SELECT id, amount * 2 AS twice, amount + id, UCASE(customer) FROM orders WHERE customer = 'ann' EMIT CHANGES;
--> `ID` INTEGER, `TWICE` DOUBLE, `KSQL_COL_0` DOUBLE, `KSQL_COL_1` STRING
--> 1 | 21.0 | 11.5 | ANN
--> 4 | 14.0 | 11.0 | ANN

-- A comparison with NULL is false, and so is its row's WHERE; NOT of it is true (page 03 §3.4).
SELECT id FROM orders WHERE amount > 5 EMIT CHANGES;
--> `ID` INTEGER
--> 1
--> 4
SELECT id FROM orders WHERE NOT (amount > 5) EMIT CHANGES;
--> `ID` INTEGER
--> 2
--> 3
SELECT id FROM orders WHERE amount IS NULL EMIT CHANGES;
--> `ID` INTEGER
--> 3
SELECT id FROM orders WHERE amount BETWEEN 3 AND 7 EMIT CHANGES;
--> `ID` INTEGER
--> 2
--> 4
SELECT id FROM orders WHERE customer IN ('bob', 'cid') AND id <> 2 EMIT CHANGES;
--> `ID` INTEGER
--> 3
SELECT id FROM orders WHERE customer LIKE '%n%' OR customer LIKE '_id' EMIT CHANGES;
--> `ID` INTEGER
--> 1
--> 3
--> 4

-- The clock of the tests stands at 1700000000000.
SELECT id, ROWTIME, ROWPARTITION, ROWOFFSET FROM orders WHERE id = 2 EMIT CHANGES;
--> `ID` INTEGER, `ROWTIME` BIGINT, `ROWPARTITION` INTEGER, `ROWOFFSET` BIGINT
--> 2 | 1700000000000 | 0 | 1

SELECT CASE WHEN amount > 5 THEN 'much' WHEN amount IS NULL THEN 'none' ELSE 'some' END AS how FROM orders EMIT CHANGES;
--> `HOW` STRING
--> much
--> some
--> none
--> much

SELECT id, CAST(amount AS INT) AS i, CAST(amount AS STRING) AS s, CAST(id AS DOUBLE) AS d FROM orders EMIT CHANGES;
--> `ID` INTEGER, `I` INTEGER, `S` STRING, `D` DOUBLE
--> 1 | 10 | 10.5 | 1.0
--> 2 | 3 | 3.0 | 2.0
--> 3 | null | null | 3.0
--> 4 | 7 | 7.0 | 4.0
