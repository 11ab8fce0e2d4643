-- SPDX-License-Identifier: Apache-2.0
-- The chain of causes of a record that cannot be read: one message a step of the path, then the bare one.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM shopping_cart_events (customer STRING, item STRING, qty INT) WITH (kafka_topic='shopping_cart_events', value_format='json', partitions=1);
--> Stream created
CREATE TABLE cart WITH (key_format='json') AS SELECT customer, item, SUM(qty) AS total FROM shopping_cart_events GROUP BY customer, item;
--> Created query with ID CTAS_CART_1
CREATE STREAM nested (a STRUCT<`b.c` ARRAY<INT>>, m MAP<STRING, BOOLEAN>, d DATE) WITH (kafka_topic='nested', value_format='json', partitions=1);
--> Stream created
CREATE STREAM n AS SELECT * FROM nested;
--> Created query with ID CSAS_N_3
CREATE STREAM lines (v INT, w INT) WITH (kafka_topic='lines', value_format='delimited', partitions=1);
--> Stream created
CREATE STREAM l AS SELECT * FROM lines;
--> Created query with ID CSAS_L_5
CREATE STREAM keyed (k INT KEY, v INT) WITH (kafka_topic='keyed', value_format='json', partitions=1);
--> Stream created
CREATE STREAM k AS SELECT * FROM keyed;
--> Created query with ID CSAS_K_7
--@ append shopping_cart_events ~ not json
--@ append shopping_cart_events ~ {"CUSTOMER":"bob","ITEM":"pen","QTY":"x"}
--@ append shopping_cart_events ~ {"CUSTOMER":"bob","QTY":1}
--@ append shopping_cart_events ~ 
--@ append shopping_cart_events ~ null
--@ append nested ~ {"A":{"b.c":[1,"x"]}}
--@ append nested ~ {"M":{"k":1}}
--@ append nested ~ {"D":true}
--@ append lines ~ 1,x
--@ append lines ~ 1
--@ append keyed abc {"V":1}
--@ advance 2000
SELECT message->deserializationError AS error FROM KSQL_PROCESSING_LOG WHERE logger LIKE '%CART%' EMIT CHANGES;
--> `ERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORDB64` STRING, `CAUSE` ARRAY<STRING>, `TOPIC` STRING>
--> {TARGET=value, ERRORMESSAGE=Failed to deserialize value from topic: shopping_cart_events. Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false'), RECORDB64=null, CAUSE=[Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')], TOPIC=shopping_cart_events}
--> {TARGET=value, ERRORMESSAGE=Failed to deserialize value from topic: shopping_cart_events. Can't coerce string to type. targetType: INTEGER, path: $.QTY, RECORDB64=null, CAUSE=[Can't coerce string to type. targetType: INTEGER, path: $.QTY, Can't coerce string to type. targetType: INTEGER, path: .QTY, Can't coerce string to type. targetType: INTEGER], TOPIC=shopping_cart_events}
--> null
--> {TARGET=value, ERRORMESSAGE=Failed to deserialize value from topic: shopping_cart_events. Can't convert type. sourceType: MissingNode, requiredType: STRUCT<CUSTOMER VARCHAR, ITEM VARCHAR, QTY INT>, path: $, RECORDB64=null, CAUSE=[Can't convert type. sourceType: MissingNode, requiredType: STRUCT<CUSTOMER VARCHAR, ITEM VARCHAR, QTY INT>, path: $, Can't convert type. sourceType: MissingNode, requiredType: STRUCT<CUSTOMER VARCHAR, ITEM VARCHAR, QTY INT>], TOPIC=shopping_cart_events}
SELECT message->recordProcessingError AS error FROM KSQL_PROCESSING_LOG WHERE logger LIKE '%CART%' EMIT CHANGES;
--> `ERROR` STRUCT<`ERRORMESSAGE` STRING, `RECORD` STRING, `CAUSE` ARRAY<STRING>>
--> null
--> null
--> {ERRORMESSAGE=Group-by column with index 1 resolved to null. The source row will be excluded from the table., RECORD=null, CAUSE=[]}
--> null
SELECT message->deserializationError AS error FROM KSQL_PROCESSING_LOG WHERE logger LIKE '%CSAS_N%' EMIT CHANGES;
--> `ERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORDB64` STRING, `CAUSE` ARRAY<STRING>, `TOPIC` STRING>
--> {TARGET=value, ERRORMESSAGE=Failed to deserialize value from topic: nested. Can't coerce string to type. targetType: INTEGER, path: $.A.b.c[1], RECORDB64=null, CAUSE=[Can't coerce string to type. targetType: INTEGER, path: $.A.b.c[1], Can't coerce string to type. targetType: INTEGER, path: .A.b.c[1], Can't coerce string to type. targetType: INTEGER, path: .b.c[1], Can't coerce string to type. targetType: INTEGER, path: [1], Can't coerce string to type. targetType: INTEGER], TOPIC=nested}
--> {TARGET=value, ERRORMESSAGE=Failed to deserialize value from topic: nested. Can't convert type. sourceType: IntNode, requiredType: BOOLEAN, path: $.M.k.value, RECORDB64=null, CAUSE=[Can't convert type. sourceType: IntNode, requiredType: BOOLEAN, path: $.M.k.value, Can't convert type. sourceType: IntNode, requiredType: BOOLEAN, path: .M.k.value, Can't convert type. sourceType: IntNode, requiredType: BOOLEAN, path: .k.value, Can't convert type. sourceType: IntNode, requiredType: BOOLEAN], TOPIC=nested}
--> {TARGET=value, ERRORMESSAGE=Failed to deserialize value from topic: nested. Can't convert type. sourceType: BooleanNode, requiredType: DATE, path: $.D, RECORDB64=null, CAUSE=[Can't convert type. sourceType: BooleanNode, requiredType: DATE, path: $.D, Can't convert type. sourceType: BooleanNode, requiredType: DATE, path: .D, Can't convert type. sourceType: BooleanNode, requiredType: DATE], TOPIC=nested}
SELECT message->deserializationError AS error FROM KSQL_PROCESSING_LOG WHERE logger LIKE '%CSAS_L%' EMIT CHANGES;
--> `ERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORDB64` STRING, `CAUSE` ARRAY<STRING>, `TOPIC` STRING>
--> {TARGET=value, ERRORMESSAGE=Error deserializing delimited, RECORDB64=null, CAUSE=[For input string: "x"], TOPIC=lines}
--> {TARGET=value, ERRORMESSAGE=Error deserializing delimited, RECORDB64=null, CAUSE=[Column count mismatch on deserialization. topic: lines, expected: 2, got: 1], TOPIC=lines}
SELECT message->deserializationError AS error FROM KSQL_PROCESSING_LOG WHERE logger LIKE '%CSAS_K%' EMIT CHANGES;
--> `ERROR` STRUCT<`TARGET` STRING, `ERRORMESSAGE` STRING, `RECORDB64` STRING, `CAUSE` ARRAY<STRING>, `TOPIC` STRING>
--> {TARGET=key, ERRORMESSAGE=Size of data received by IntegerDeserializer is not 4, RECORDB64=null, CAUSE=[], TOPIC=keyed}
-- With rows: the bytes of what was not read, the values of what was not computed, key last.
SET 'ksql.logging.processing.rows.include'='true';
--> Successfully changed local property 'ksql.logging.processing.rows.include' to 'true'. Use the UNSET command to revert your change.
CREATE STREAM raw (k STRING KEY, v INT, w INT) WITH (kafka_topic='raw', value_format='json', partitions=1);
--> Stream created
CREATE STREAM r AS SELECT k, v / w AS q FROM raw;
--> Created query with ID CSAS_R_9
CREATE TABLE g AS SELECT v, COUNT(*) AS n FROM raw GROUP BY v;
--> Created query with ID CTAS_G_10
--@ append raw a {"V":"x"}
--@ append raw b {"V":1,"W":0}
--@ append raw c {"W":2}
--@ advance 2000
SELECT logger, message->deserializationError->recordB64 AS bytes, message->recordProcessingError->errorMessage AS error, message->recordProcessingError->record AS record FROM KSQL_PROCESSING_LOG WHERE logger LIKE '%\_R\_%' ESCAPE '\' OR logger LIKE '%\_G\_%' ESCAPE '\' EMIT CHANGES;
--> `LOGGER` STRING, `BYTES` STRING, `ERROR` STRING, `RECORD` STRING
--> processing.CSAS_R_9.KsqlTopic.Source.deserializer | eyJWIjoieCJ9 | null | null
--> processing.CSAS_R_9.Project | null | / by zero | [1,0,"b"]
--> processing.CTAS_G_10.KsqlTopic.Source.deserializer | eyJWIjoieCJ9 | null | null
--> processing.CTAS_G_10.Aggregate.GroupBy | null | Group-by column with index 0 resolved to null. The source row will be excluded from the table. | [null,2,"c"]
