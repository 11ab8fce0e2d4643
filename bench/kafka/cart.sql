-- The cart's aggregate for bench/kafka/run, which puts in the name of the table's topic.
SET 'auto.offset.reset' = 'earliest';
CREATE STREAM events (customer VARCHAR, item VARCHAR, qty INT, price DOUBLE, session VARCHAR, placed BIGINT)
  WITH (kafka_topic='@TOPIC@', value_format='JSON');
CREATE TABLE carts WITH (kafka_topic='@SINK@', key_format='JSON') AS
  SELECT customer, item, SUM(qty) AS total FROM events GROUP BY customer, item;
