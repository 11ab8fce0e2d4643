-- SPDX-License-Identifier: Apache-2.0
-- One value column, wrapped or bare; keys of the KAFKA format in their binary form; JSON keys.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM bare (k INT KEY, v STRING) WITH (kafka_topic='bare', value_format='json', wrap_single_value=false, partitions=1);
--> Stream created
CREATE STREAM wrapped WITH (wrap_single_value=true) AS SELECT * FROM bare;
--> Created query with ID CSAS_WRAPPED_1
CREATE STREAM jkey (k BIGINT KEY, v INT) WITH (kafka_topic='jkey', key_format='json', value_format='json', partitions=1);
--> Stream created
INSERT INTO bare VALUES (258, 'x');
INSERT INTO jkey VALUES (7, 1);
--@ advance 2000
--@ topic bare
--> 0 | \x00\x00\x01\x02 | "x" | 0
--@ topic WRAPPED
--> 0 | \x00\x00\x01\x02 | {"V":"x"} | 0
--@ topic jkey
--> 0 | 7 | {"V":1} | 0
CREATE STREAM x (k INT KEY, v STRING, w STRING) WITH (kafka_topic='x', value_format='json', wrap_single_value=false, partitions=1);
--> ERROR 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
