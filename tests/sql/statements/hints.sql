-- SPDX-License-Identifier: Apache-2.0
-- What people write who come from other databases, and typing errors: each error says what to write instead.
CREATE STREAM orders (id INT KEY, customer VARCHAR, x INT, addr STRUCT<city VARCHAR>) WITH (kafka_topic='orders', value_format='json', partitions=1);
--> Stream created
SELECT COUNT(DISTINCT x) FROM orders GROUP BY customer EMIT CHANGES;
--> ERROR 1:14 Syntax Error
--> "DISTINCT" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as 'DISTINCT' 
--> HINT COUNT_DISTINCT(x) counts the different values of x
SELECT DISTINCT x FROM orders;
--> ERROR 1:8 Syntax Error
--> "DISTINCT" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as 'DISTINCT' 
--> HINT there is no SELECT DISTINCT: GROUP BY the columns
SELECT * FROM orders WHERE x IN (SELECT x FROM orders);
--> ERROR 1:34 Syntax Error
--> "SELECT" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as 'SELECT' 
--> HINT there are no sub-queries: CREATE STREAM or TABLE … AS the inner one, and JOIN it
TERMINATE QUERY CSAS_O_1;
--> ERROR 1:11 Syntax Error
--> "QUERY" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as 'QUERY' 
--> HINT TERMINATE takes the query's id alone; SHOW QUERIES lists the ids
UPDATE orders SET x = 1;
--> ERROR 1:1 Syntax Error
--> Unknown statement 'UPDATE'
--> Did you mean 'CREATE'?
--> HINT a table keeps the last row of each key: INSERT a row with the same key
SELECT customer, COUNT(*) FROM orders;
--> ERROR 1:1 Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
--> HINT GROUP BY the other columns and EMIT CHANGES make it a push query; CREATE TABLE … AS SELECT keeps the result for pull queries
SELECT customer, COUNT(*) FROM orders EMIT CHANGES;
--> ERROR 1:8 Non-aggregate SELECT expression(s) not part of GROUP BY: CUSTOMER
--> Either add the column(s) to the GROUP BY or remove them from the SELECT.
CREATE STREAM q (a TEXT) WITH (kafka_topic='q', value_format='json', partitions=1);
--> ERROR 1:20 Failed to prepare statement: Cannot resolve unknown type: TEXT
--> HINT did you mean VARCHAR?
CREATE STREAM q (a NUMERIC(4, 2)) WITH (kafka_topic='q', value_format='json', partitions=1);
--> ERROR 1:20 Failed to prepare statement: Cannot resolve unknown type: NUMERIC
--> HINT did you mean DECIMAL(p, s)?
CREATE STREAM q (a BIGNIT) WITH (kafka_topic='q', value_format='json', partitions=1);
--> ERROR 1:20 Failed to prepare statement: Cannot resolve unknown type: BIGNIT
--> HINT did you mean BIGINT?
CREATE STREAM q (a INT) WITH (kafka_topic='q', value_format='jsn', partitions=1);
--> ERROR 1:61 Unknown format: JSN
--> HINT did you mean JSON?
CREATE STREAM q (a INT) WITH (kafka_topc='q', value_format='json', partitions=1);
--> ERROR 1:31 Failed to prepare statement: Invalid config variable(s) in the WITH clause: KAFKA_TOPC
--> HINT did you mean KAFKA_TOPIC?
INSERT INTO orders (id, customer) VALUES (1, "ann");
--> ERROR 1:46 Failed to insert values into 'ORDERS'. Line: 1, Col: 46: VALUES column 'ann' cannot be resolved.
--> HINT a string stands in single quotes: 'ann'
SELECT * FROM orders WHERE customer = "ann";
--> ERROR 1:39 Line: 1, Col: 39: WHERE column 'ann' cannot be resolved.
--> HINT a string stands in single quotes: 'ann'
SELECT addr.city FROM orders;
--> ERROR 1:8 Failed to prepare statement: 'ADDR' is not a valid stream/table name or alias.
--> HINT a field of a STRUCT is read with ->, as in ADDR->CITY
CREATE TABLE plain (id INT PRIMARY KEY) WITH (kafka_topic='plain', value_format='json', partitions=1);
--> Table created
SELECT * FROM plain;
--> ERROR 1:15 The `PLAIN` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_PLAIN AS SELECT * FROM PLAIN'. See https://cnfl.io/queries for more info.
--> Add EMIT CHANGES if you intended to issue a push query.
