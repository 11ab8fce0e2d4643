-- SPDX-License-Identifier: Apache-2.0
-- What docs/sql.md says to be not supported yet: it parses, and is answered with just that.
CREATE STREAM orders (id INT KEY, customer VARCHAR, amount INT) WITH (kafka_topic='orders', value_format='json', partitions=1);
--> Stream created
CREATE TABLE customers (name VARCHAR PRIMARY KEY, city VARCHAR) WITH (kafka_topic='customers', value_format='json', partitions=1);
--> Table created
SELECT * FROM orders o JOIN customers c ON o.customer = c.name EMIT CHANGES;
--> ERROR 1:29 not supported yet: JOIN
SELECT customer, COUNT(*) FROM orders WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY customer EMIT CHANGES;
--> ERROR 1:46 not supported yet: WINDOW
SELECT EXPLODE(ARRAY[1, 2]) FROM orders EMIT CHANGES;
--> ERROR 1:8 not supported yet: function EXPLODE
CREATE STREAM a (v INT) WITH (kafka_topic='a', value_format='avro', partitions=1);
--> ERROR 1:1 not supported yet: format AVRO
CREATE OR REPLACE STREAM big AS SELECT * FROM orders WHERE amount > 5;
--> ERROR 1:1 not supported yet: CREATE OR REPLACE
ALTER STREAM orders ADD COLUMN city VARCHAR;
--> ERROR 1:1 not supported yet: ALTER STREAM and ALTER TABLE
CREATE SOURCE TABLE c (name VARCHAR PRIMARY KEY) WITH (kafka_topic='customers', value_format='json');
--> ERROR 1:1 not supported yet: CREATE SOURCE TABLE
CREATE TYPE address AS STRUCT<street VARCHAR, city VARCHAR>;
--> ERROR 1:1 not supported yet: CREATE TYPE
DROP TYPE address;
--> ERROR 1:1 not supported yet: DROP TYPE
SHOW TYPES;
--> ERROR 1:1 not supported yet: SHOW TYPES
PAUSE ALL;
--> ERROR 1:1 not supported yet: PAUSE
RESUME ALL;
--> ERROR 1:1 not supported yet: RESUME
ASSERT TOPIC orders;
--> ERROR 1:1 not supported yet: ASSERT TOPIC
ASSERT SCHEMA SUBJECT orders;
--> ERROR 1:1 not supported yet: ASSERT SCHEMA
CREATE SOURCE CONNECTOR c WITH ('connector.class' = 'x');
--> ERROR 1:1 not supported yet: CREATE CONNECTOR
SHOW CONNECTORS;
--> ERROR 1:1 not supported yet: SHOW CONNECTORS
DESCRIBE CONNECTOR c;
--> ERROR 1:1 not supported yet: DESCRIBE CONNECTOR
DROP CONNECTOR c;
--> ERROR 1:1 not supported yet: DROP CONNECTOR
SELECT TRANSFORM(ARRAY[1, 2], x => x + 1) FROM orders EMIT CHANGES;
--> ERROR 1:8 not supported yet: function TRANSFORM
SELECT DATEADD(DAYS, 1, FROM_DAYS(1)) FROM orders EMIT CHANGES;
--> ERROR 1:8 not supported yet: function DATEADD
SELECT PARSE_DATE('2020', 'yyyy') FROM orders EMIT CHANGES;
--> ERROR 1:8 not supported yet: function PARSE_DATE
SELECT FROM_UNIXTIME(1) AT TIME ZONE 'UTC' FROM orders EMIT CHANGES;
--> ERROR 1:8 not supported yet: AT TIME ZONE
CREATE STREAM a (v INT, t VARCHAR) WITH (kafka_topic='a', value_format='json', partitions=1, timestamp='t', timestamp_format='yyyy');
--> ERROR 1:1 not supported yet: TIMESTAMP_FORMAT
CREATE STREAM a (v INT) WITH (kafka_topic='a', value_format='json', partitions=1, value_schema_id=3);
--> ERROR 1:83 not supported yet: VALUE_SCHEMA_ID in the WITH clause
CREATE STREAM a (v DECIMAL(60, 2)) WITH (kafka_topic='a', value_format='json', partitions=1);
--> ERROR 1:20 not supported yet: DECIMAL of more than 38 digits
SELECT GREATEST(1.5, 2.25) FROM orders EMIT CHANGES;
--> ERROR 1:8 not supported yet: GREATEST over DECIMALs of different scale
