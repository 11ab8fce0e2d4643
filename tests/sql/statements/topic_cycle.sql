-- A query whose result comes back to a topic that it reads, whatever statement makes it.
CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE STREAM loop1 WITH (kafka_topic='s') AS SELECT * FROM s;
--> ERROR 1:15 Cannot insert into LOOP1 from S: what is inserted would come back to it without end.
--> HINT the topics and queries of the cycle: s -> this query -> s
CREATE STREAM z (k INT KEY, n BIGINT) WITH (kafka_topic='AGG', value_format='json', partitions=1);
--> Stream created
CREATE TABLE agg AS SELECT k, COUNT(*) AS n FROM z GROUP BY k;
--> ERROR 1:14 Cannot insert into AGG from Z: what is inserted would come back to it without end.
--> HINT the topics and queries of the cycle: AGG -> this query -> AGG
CREATE STREAM b AS SELECT * FROM s;
--> Created query with ID CSAS_B_2
CREATE STREAM c WITH (kafka_topic='s') AS SELECT * FROM b;
--> ERROR 1:15 Cannot insert into C from B: what is inserted would come back to it without end.
--> HINT the topics and queries of the cycle: B -> this query -> s -> CSAS_B_2 -> B
CREATE STREAM again (k INT KEY, v INT) WITH (kafka_topic='B', value_format='json');
--> Stream created
CREATE STREAM `c` WITH (kafka_topic='s') AS SELECT * FROM again;
--> ERROR 1:15 Cannot insert into c from AGAIN: what is inserted would come back to it without end.
--> HINT the topics and queries of the cycle: B -> this query -> s -> CSAS_B_2 -> B
