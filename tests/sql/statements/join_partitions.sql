-- SPDX-License-Identifier: Apache-2.0
-- Sources that are joined have equally many partitions, but where a foreign key joins tables.
CREATE STREAM orders (customer VARCHAR KEY, amount INT) WITH (kafka_topic='orders', value_format='json', partitions=4);
--> Stream created
CREATE STREAM payments (customer VARCHAR KEY, paid INT) WITH (kafka_topic='payments', value_format='json', partitions=2);
--> Stream created
CREATE STREAM refunds (customer VARCHAR KEY, paid INT) WITH (kafka_topic='refunds', value_format='json', partitions=4);
--> Stream created
CREATE TABLE customers (name VARCHAR PRIMARY KEY, city VARCHAR) WITH (kafka_topic='customers', value_format='json', partitions=2);
--> Table created
CREATE TABLE cities (name VARCHAR PRIMARY KEY, land VARCHAR) WITH (kafka_topic='cities', value_format='json', partitions=3);
--> Table created
CREATE STREAM j AS SELECT o.customer, amount, paid FROM orders o JOIN payments p WITHIN 1 HOUR ON o.customer = p.customer EMIT CHANGES;
--> ERROR 1:71 Can't join `O` with `P` since the number of partitions don't match. `O` partitions = 4; `P` partitions = 2. Please repartition either one so that the number of partitions match.
SELECT * FROM orders o JOIN payments p WITHIN 1 HOUR ON o.amount = p.paid EMIT CHANGES;
--> ERROR 1:29 Can't join `O` with `P` since the number of partitions don't match. `O` partitions = 4; `P` partitions = 2. Please repartition either one so that the number of partitions match.
SELECT * FROM orders JOIN customers ON customer = name EMIT CHANGES;
--> ERROR 1:27 Can't join `ORDERS` with `CUSTOMERS` since the number of partitions don't match. `ORDERS` partitions = 4; `CUSTOMERS` partitions = 2. Please repartition either one so that the number of partitions match.
SELECT * FROM customers a JOIN cities b ON a.name = b.name EMIT CHANGES;
--> ERROR 1:32 Can't join `A` with `B` since the number of partitions don't match. `A` partitions = 2; `B` partitions = 3. Please repartition either one so that the number of partitions match.
SELECT * FROM customers a JOIN cities b ON a.city = b.name EMIT CHANGES;
--> ERROR 1:32 not supported yet: JOIN
SELECT * FROM orders o JOIN refunds r WITHIN 1 HOUR ON o.customer = r.customer EMIT CHANGES;
--> ERROR 1:29 not supported yet: JOIN
SELECT * FROM orders o JOIN nosuch n WITHIN 1 HOUR ON o.customer = n.customer EMIT CHANGES;
--> ERROR 1:29 Exception while preparing statement: NOSUCH does not exist.
