-- SPDX-License-Identifier: Apache-2.0
-- The statements of docs/sql.md.
SET 'auto.offset.reset' = 'earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM orders (id INT KEY, customer VARCHAR, amount DECIMAL(8, 2), tags ARRAY<VARCHAR>)
  WITH (kafka_topic='orders', value_format='json', partitions=1);
--> Stream created
CREATE TABLE customers (name VARCHAR PRIMARY KEY, city VARCHAR)
  WITH (kafka_topic='customers', value_format='json', partitions=1);
--> Table created
INSERT INTO orders VALUES (1, 'ann', 12.50, ARRAY['new']);
INSERT INTO orders (id, customer, amount) VALUES (2, 'bob', 7);
INSERT INTO orders (id, customer, amount) VALUES (3, 'ann', 2.25);
INSERT INTO customers VALUES ('ann', 'Bonn');
CREATE STREAM large_orders AS SELECT id, customer, amount FROM orders WHERE amount > 5;
--> Created query with ID CSAS_LARGE_ORDERS_2
CREATE TABLE spent AS
  SELECT customer, COUNT(*) AS orders, SUM(amount) AS amount FROM orders
  GROUP BY customer HAVING SUM(amount) > 1;
--> Created query with ID CTAS_SPENT_3
INSERT INTO large_orders SELECT id, customer, amount FROM orders WHERE customer = 'ann' AND amount < 5;
--> Created query with ID INSERTQUERY_4
SELECT id, customer, amount FROM orders WHERE customer LIKE 'a%' EMIT CHANGES LIMIT 2;
--> `ID` INTEGER, `CUSTOMER` STRING, `AMOUNT` DECIMAL(8, 2)
--> 1 | ann | 12.50
--> 3 | ann | 2.25
--> Limit Reached
--@ advance 2000
SELECT * FROM large_orders EMIT CHANGES LIMIT 3;
--> `ID` INTEGER, `CUSTOMER` STRING, `AMOUNT` DECIMAL(8, 2)
--> 1 | ann | 12.50
--> 2 | bob | 7.00
--> 3 | ann | 2.25
--> Limit Reached
SELECT * FROM spent WHERE customer = 'ann';
--> `CUSTOMER` STRING KEY, `ORDERS` BIGINT, `AMOUNT` DECIMAL(8, 2)
--> ann | 2 | 14.75
SELECT * FROM spent WHERE amount > 10 LIMIT 5;
--> `CUSTOMER` STRING KEY, `ORDERS` BIGINT, `AMOUNT` DECIMAL(8, 2)
--> ann | 2 | 14.75
SELECT id, amount FROM orders WHERE id = 2;
--> `ID` INTEGER, `AMOUNT` DECIMAL(8, 2)
--> 2 | 7.00
--> Query Completed
PRINT orders FROM BEGINNING LIMIT 1;
--> Key format: KAFKA_INT or KAFKA_STRING
--> Value format: JSON or KAFKA_STRING
--> rowtime: 2023/11/14 22:13:20.000 Z, key: 1, value: {"CUSTOMER":"ann","AMOUNT":12.50,"TAGS":["new"]}, partition: 0
SHOW STREAMS;
--> KSQL_PROCESSING_LOG | default_ksql_processing_log | KAFKA | JSON | false
--> LARGE_ORDERS | LARGE_ORDERS | KAFKA | JSON | false
--> ORDERS | orders | KAFKA | JSON | false
SHOW TABLES;
--> CUSTOMERS | customers | KAFKA | JSON | false
--> SPENT | SPENT | KAFKA | JSON | false
SHOW TOPICS;
--> LARGE_ORDERS | 1
--> SPENT | 1
--> customers | 1
--> default_ksql_processing_log | 1
--> orders | 1
--@ only INSERTQUERY_4 |
SHOW QUERIES;
--> INSERTQUERY_4 | PERSISTENT | RUNNING:1 | LARGE_ORDERS | LARGE_ORDERS | INSERT INTO large_orders SELECT id, customer, amount FROM orders WHERE customer = 'ann' AND amount < 5;
DESCRIBE spent;
--> SPENT | TABLE | SPENT | KAFKA | JSON
-->   CUSTOMER STRING KEY
-->   ORDERS BIGINT
-->   AMOUNT DECIMAL(8, 2)
-->   written by CTAS_SPENT_3
--@ only partitions
DESCRIBE spent EXTENDED;
-->   partitions 1
DESCRIBE FUNCTION ucase;
--> UCASE | SCALAR | The text in upper case.
-->   UCASE(input VARCHAR) -> VARCHAR
--@ only sink topic
EXPLAIN CTAS_SPENT_3;
-->     sink topic SPENT (1 partition) key KAFKA value JSON
DEFINE topic = 'orders';
PRINT ${topic} FROM BEGINNING LIMIT 1;
--> Key format: KAFKA_INT or KAFKA_STRING
--> Value format: JSON or KAFKA_STRING
--> rowtime: 2023/11/14 22:13:20.000 Z, key: 1, value: {"CUSTOMER":"ann","AMOUNT":12.50,"TAGS":["new"]}, partition: 0
UNDEFINE topic;
UNSET 'auto.offset.reset';
--> Successfully unset local property 'auto.offset.reset' (value was 'earliest').
DROP TABLE spent;
--> Source `SPENT` (topic: SPENT) was dropped.
DROP STREAM IF EXISTS nosuch DELETE TOPIC;
--> Source `NOSUCH` does not exist.
TERMINATE ALL;
--> Query terminated.
