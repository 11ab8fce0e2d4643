-- SPDX-License-Identifier: Apache-2.0
-- INSERT VALUES: what it coerces and what it refuses (page 01 §1.6, recorded answers of a real ksqlDB).
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM orders (id INT KEY, customer STRING, amount DOUBLE, ts TIMESTAMP, price DECIMAL(6, 2), big BIGINT) WITH (kafka_topic='orders', value_format='json', partitions=1);
--> Stream created
CREATE TABLE customers (id STRING PRIMARY KEY, name STRING) WITH (kafka_topic='customers', value_format='json', partitions=1);
--> Table created
INSERT INTO orders (id, amount, ts, price, big) VALUES (1, 2, '2024-01-02T03:04:05.678', 1.5, 7);
INSERT INTO orders (id, nosuch) VALUES (1, 'a');
--> ERROR 1:25 Failed to insert values into 'ORDERS'. Column name `NOSUCH` does not exist.
INSERT INTO orders (id, customer) VALUES ('x', 'a');
--> ERROR 1:43 Failed to insert values into 'ORDERS'. Expected type INTEGER for field `ID` but got STRING(x)
INSERT INTO orders (id, ts) VALUES (1, 'not a time');
--> ERROR 1:40 Failed to insert values into 'ORDERS'. Expected type TIMESTAMP for field `TS` but got STRING(not a time). Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]
INSERT INTO customers (name) VALUES ('a');
--> ERROR 1:1 Failed to insert values into 'CUSTOMERS'. Value for primary key column(s) ID is required for tables
INSERT INTO nosuch (a) VALUES (1);
--> ERROR 1:13 Cannot insert values into an unknown stream/table: `NOSUCH`
SELECT * FROM orders EMIT CHANGES;
--> `ID` INTEGER, `CUSTOMER` STRING, `AMOUNT` DOUBLE, `TS` TIMESTAMP, `PRICE` DECIMAL(6, 2), `BIG` BIGINT
--> 1 | null | 2.0 | 2024-01-02T03:04:05.678 | 1.50 | 7
INSERT INTO orders (id, amount) VALUES (1);
--> ERROR 1:1 Failed to prepare statement: Expected number columns and values to match: 2, 1
CREATE STREAM nested (s STRUCT<a DECIMAL(2, 1), `b` ARRAY<INT>>) WITH (kafka_topic='nested', value_format='json', partitions=1);
--> Stream created
INSERT INTO nested VALUES (STRUCT());
INSERT INTO nested VALUES (STRUCT(`b` := ARRAY[1]));
INSERT INTO nested VALUES (STRUCT(`b` := ARRAY[1], a := 1));
INSERT INTO nested VALUES (STRUCT(c := 1));
--> ERROR 1:28 Failed to insert values into 'NESTED'. Expected type STRUCT<`A` DECIMAL(2, 1), `b` ARRAY<INTEGER>> for field `S` but got STRUCT<`C` INTEGER>({C=1})
--@ topic nested
--> 0 | null | {"S":{"A":null,"b":null}} | 0
--> 0 | null | {"S":{"A":null,"b":[1]}} | 0
--> 0 | null | {"S":{"A":1.0,"b":[1]}} | 0
INSERT INTO nosuch (id, amount) VALUES (1);
--> ERROR 1:1 Failed to prepare statement: Expected number columns and values to match: 2, 1
INSERT INTO orders (id, amount) VALUES (1, ABS(foo.bar));
--> ERROR 1:48 Failed to prepare statement: 'FOO' is not a valid stream/table name or alias.
