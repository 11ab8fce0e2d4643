-- Errors of WITH and of names: where, which topic, and what to write instead.
CREATE STREAM s (k INT KEY, `Mixed` INT, `select` INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
SELECT Mixed FROM s;
--> ERROR 1:8 Line: 1, Col: 8: SELECT column 'MIXED' cannot be resolved.
--> HINT did you mean `Mixed`?
SELECT selec FROM s;
--> ERROR 1:8 Line: 1, Col: 8: SELECT column 'SELEC' cannot be resolved.
--> HINT did you mean `select`?
CREATE STREAM t WITH (partitions=0) AS SELECT * FROM s;
--> ERROR 1:34 Failed to guarantee existence of topic T
--> Caused by: Number of partitions was set to an invalid non-positive value.
CREATE STREAM `u` (k INT KEY) WITH (partitions=-1, value_format='json', kafka_topic='later');
--> ERROR 1:48 Failed to guarantee existence of topic later
--> Caused by: Number of partitions was set to an invalid non-positive value.
CREATE STREAM two (a INT KEY, b INT KEY, v INT) WITH (kafka_topic='two', value_format='json', partitions=1);
--> ERROR 1:1 Key format does not support schema.
--> format: KAFKA
--> schema: Persistence{columns=[`A` INTEGER KEY, `B` INTEGER KEY], features=[]}
--> reason: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER KEY, `B` INTEGER KEY]
--> HINT a key of several columns needs another format: WITH (KEY_FORMAT='JSON')
CREATE STREAM two (a INT KEY, b INT KEY, v INT) WITH (kafka_topic='two', key_format='json', value_format='json', partitions=1);
--> Stream created
