-- SPDX-License-Identifier: Apache-2.0
-- The shopping cart: system 1, from events to a table that is asked by key.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM shopping_cart_events (customer VARCHAR, item VARCHAR, qty INT) WITH (kafka_topic='shopping_cart_events', value_format='json', partitions=1);
--> Stream created
INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 'pants', 2);
INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 't-shirts', 1);
INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 'pants', -1);
INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 'hats', 1);
SELECT * FROM shopping_cart_events EMIT CHANGES LIMIT 4;
--> `CUSTOMER` STRING, `ITEM` STRING, `QTY` INTEGER
--> bob | pants | 2
--> bob | t-shirts | 1
--> bob | pants | -1
--> bob | hats | 1
--> Limit Reached
CREATE TABLE current_shopping_cart WITH (KEY_FORMAT='JSON') AS SELECT customer, item, SUM(qty) AS total_qty FROM shopping_cart_events GROUP BY customer, item EMIT CHANGES;
--> Created query with ID CTAS_CURRENT_SHOPPING_CART_1
--@ advance 2000

-- Within one commit the updates of a key are one; rows come out least recently updated first.
--@ topic CURRENT_SHOPPING_CART
--> 0 | {"CUSTOMER":"bob","ITEM":"t-shirts"} | {"TOTAL_QTY":1} | 0
--> 0 | {"CUSTOMER":"bob","ITEM":"pants"} | {"TOTAL_QTY":1} | 0
--> 0 | {"CUSTOMER":"bob","ITEM":"hats"} | {"TOTAL_QTY":1} | 0

SELECT * FROM current_shopping_cart WHERE customer='bob' AND item='pants';
--> `CUSTOMER` STRING KEY, `ITEM` STRING KEY, `TOTAL_QTY` INTEGER
--> bob | pants | 1
SELECT total_qty, item, customer FROM current_shopping_cart WHERE customer='bob' AND item='nothing';
--> `TOTAL_QTY` INTEGER, `ITEM` STRING KEY, `CUSTOMER` STRING KEY
SELECT * FROM current_shopping_cart WHERE item='hats';
--> `CUSTOMER` STRING KEY, `ITEM` STRING KEY, `TOTAL_QTY` INTEGER
--> bob | hats | 1

INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('alice', 'hats', 5);
INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 'hats', 2);
--@ advance 2000
SELECT item, total_qty FROM current_shopping_cart WHERE customer='bob' AND item='hats';
--> `ITEM` STRING KEY, `TOTAL_QTY` INTEGER
--> hats | 3
SELECT item, total_qty FROM current_shopping_cart WHERE total_qty > 3;
--> `ITEM` STRING KEY, `TOTAL_QTY` INTEGER
--> hats | 5
