-- INSERT INTO … SELECT that would feed a stream with what it feeds.
CREATE STREAM a (k INT KEY, v INT) WITH (kafka_topic='a', value_format='json', partitions=1);
--> Stream created
CREATE STREAM b (k INT KEY, v INT) WITH (kafka_topic='b', value_format='json', partitions=1);
--> Stream created
INSERT INTO a SELECT * FROM a;
--> ERROR 1:13 Cannot insert into A from A: what is inserted would come back to it without end.
--> HINT the topics and queries of the cycle: a -> this query -> a
INSERT INTO b SELECT * FROM a;
--> Created query with ID INSERTQUERY_2
INSERT INTO a SELECT k, v FROM b;
--> ERROR 1:13 Cannot insert into A from B: what is inserted would come back to it without end.
--> HINT the topics and queries of the cycle: b -> this query -> a -> INSERTQUERY_2 -> b
INSERT INTO b SELECT * FROM a WHERE v > 1;
--> Created query with ID INSERTQUERY_3
