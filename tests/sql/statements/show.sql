-- SPDX-License-Identifier: Apache-2.0
-- SHOW and DESCRIBE.
SHOW STREAMS;
--> KSQL_PROCESSING_LOG | default_ksql_processing_log | KAFKA | JSON | false
SHOW TABLES;
SHOW QUERIES;
CREATE STREAM orders (id INT KEY, customer STRING, tags ARRAY<STRING>, addr STRUCT<city STRING, zip INT>, m MAP<STRING, BIGINT>, price DECIMAL(6, 2)) WITH (kafka_topic='orders', value_format='json', partitions=2);
--> Stream created
CREATE TABLE totals WITH (key_format='json') AS SELECT customer, COUNT(*) AS n FROM orders GROUP BY customer;
--> Created query with ID CTAS_TOTALS_1
--@ only ORDERS
SHOW STREAMS;
--> ORDERS | orders | KAFKA | JSON | false
LIST TABLES;
--> TOTALS | TOTALS | JSON | JSON | false
SHOW TOPICS;
--> TOTALS | 2
--> default_ksql_processing_log | 1
--> orders | 2
DESCRIBE orders;
--> ORDERS | STREAM | orders | KAFKA | JSON
-->   ID INTEGER KEY
-->   CUSTOMER STRING
-->   TAGS ARRAY<STRING>
-->   ADDR STRUCT<CITY STRING, ZIP INTEGER>
-->   M MAP<STRING, BIGINT>
-->   PRICE DECIMAL(6, 2)
-->   read by CTAS_TOTALS_1
DESCRIBE totals;
--> TOTALS | TABLE | TOTALS | JSON | JSON
-->   CUSTOMER STRING KEY
-->   N BIGINT
-->   written by CTAS_TOTALS_1
DESCRIBE nosuch;
--> ERROR 1:10 Could not find STREAM/TABLE 'NOSUCH' in the Metastore
