-- The shopping cart: events in, a table of what is in each cart out.
-- Run it:  sluice run examples/shopping-cart-ksql/cart.sql

SET 'auto.offset.reset' = 'earliest';
SET 'ksql.streams.commit.interval.ms' = '3000';

CREATE STREAM shopping_cart_events (customer VARCHAR, item VARCHAR, qty INT)
WITH (kafka_topic = 'shopping_cart_events', value_format = 'json', partitions = 1);

INSERT INTO shopping_cart_events (customer, item, qty)
VALUES ('bob', 'pants', 2);
INSERT INTO shopping_cart_events (customer, item, qty)
VALUES ('bob', 't-shirts', 1);
INSERT INTO shopping_cart_events (customer, item, qty)
VALUES ('bob', 'pants', -1);
INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 'hats', 1);

-- The four events.
SELECT * FROM shopping_cart_events EMIT CHANGES LIMIT 4;

-- What the cart holds: one row for each customer and item, kept up to date.
CREATE TABLE current_shopping_cart
WITH (key_format = 'JSON') AS
SELECT customer, item, SUM(qty) AS total_qty
FROM shopping_cart_events
GROUP BY customer, item
EMIT CHANGES;

-- Its changes as they come; without a LIMIT this would go on for ever.
SELECT * FROM current_shopping_cart EMIT CHANGES LIMIT 3;

-- Its state now, and one line of it.
SELECT * FROM current_shopping_cart;
SELECT total_qty
FROM current_shopping_cart
WHERE customer = 'bob' AND item = 'pants';
