-- SPDX-License-Identifier: Apache-2.0
-- What is acknowledged can be read: edge values of every type, written by INSERT and by queries, through every format,
-- as value and as key (the same with every function's results: tests/unit/test_readback.c).
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM e (id INT KEY, b BOOLEAN, i INT, l BIGINT, d DOUBLE, c DECIMAL(4,2), s STRING, y BYTES, t TIME, da DATE, ts TIMESTAMP) WITH (kafka_topic='e', value_format='json', partitions=1);
--> Stream created
INSERT INTO e VALUES (1, true, 2147483647, 9223372036854775807, 1.7976931348623157E308, 99.99, 'a, "b"', TO_BYTES('00ff', 'hex'), '23:59:59', '9999-12-31', '9999-12-31T23:59:59.999');
INSERT INTO e VALUES (2, false, -2147483648, -9223372036854775808, 4.9E-324, -99.99, '', TO_BYTES('', 'hex'), '00:00', '0001-01-01', '0001-01-01T00:00:00.000');
INSERT INTO e VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO e VALUES (4, true, 0, 0, SQRT(-1e0), 0.00, 'line 1
line 2 ', TO_BYTES('eda0bd', 'hex'), '12:34:56', '1970-01-01', '1970-01-01T00:00:00.000');
INSERT INTO e VALUES (5, true, -1, -1, 1e0 / 0e0, 0.01, ' ''quoted'' é😀', TO_BYTES('22', 'hex'), '00:00:01', '1969-12-31', '1969-12-31T23:59:59.999');
INSERT INTO e VALUES (6, true, 1, 1, -1e0 / 0e0, -0.01, CHR(56448), TO_BYTES('0a0d', 'hex'), '00:01', '2000-02-29', '2000-02-29T00:00:00.000');
CREATE STREAM d WITH (kafka_topic='d', key_format='delimited', value_format='delimited') AS SELECT * FROM e;
--> Created query with ID CSAS_D_1
CREATE STREAM tabs WITH (kafka_topic='tabs', key_format='json', value_format='delimited', value_delimiter='TAB') AS SELECT * FROM d;
--> Created query with ID CSAS_TABS_2
CREATE STREAM j WITH (kafka_topic='j', key_format='json', value_format='json') AS SELECT * FROM tabs;
--> Created query with ID CSAS_J_3
SELECT * FROM e EMIT CHANGES;
--> `ID` INTEGER, `B` BOOLEAN, `I` INTEGER, `L` BIGINT, `D` DOUBLE, `C` DECIMAL(4, 2), `S` STRING, `Y` BYTES, `T` TIME, `DA` DATE, `TS` TIMESTAMP
--> 1 | true | 2147483647 | 9223372036854775807 | 1.7976931348623157E308 | 99.99 | a, "b" | AP8= | 23:59:59 | 9999-12-31 | 9999-12-31T23:59:59.999
--> 2 | false | -2147483648 | -9223372036854775808 | 4.9E-324 | -99.99 |  |  | 00:00 | 0001-01-01 | 0001-01-03T00:00:00.000
--> 3 | null | null | null | null | null | null | null | null | null | null
--> 4 | true | 0 | 0 | NaN | 0.00 | line 1
--> line 2  | 7aC9 | 12:34:56 | 1970-01-01 | 1970-01-01T00:00:00.000
--> 5 | true | -1 | -1 | Infinity | 0.01 |  'quoted' é😀 | Ig== | 00:00:01 | 1969-12-31 | 1969-12-31T23:59:59.999
--> 6 | true | 1 | 1 | -Infinity | -0.01 | ? | Cg0= | 00:01 | 2000-02-29 | 2000-02-29T00:00:00.000
SELECT * FROM d EMIT CHANGES;
--> `ID` INTEGER, `B` BOOLEAN, `I` INTEGER, `L` BIGINT, `D` DOUBLE, `C` DECIMAL(4, 2), `S` STRING, `Y` BYTES, `T` TIME, `DA` DATE, `TS` TIMESTAMP
--> 1 | true | 2147483647 | 9223372036854775807 | 1.7976931348623157E308 | 99.99 | a, "b" | AP8= | 23:59:59 | 9999-12-31 | 9999-12-31T23:59:59.999
--> 2 | false | -2147483648 | -9223372036854775808 | 4.9E-324 | -99.99 | null | null | 00:00 | 0001-01-01 | 0001-01-03T00:00:00.000
--> 3 | null | null | null | null | null | null | null | null | null | null
--> 4 | true | 0 | 0 | NaN | 0.00 | line 1
--> line 2  | 7aC9 | 12:34:56 | 1970-01-01 | 1970-01-01T00:00:00.000
--> 5 | true | -1 | -1 | Infinity | 0.01 |  'quoted' é😀 | Ig== | 00:00:01 | 1969-12-31 | 1969-12-31T23:59:59.999
--> 6 | true | 1 | 1 | -Infinity | -0.01 | ? | Cg0= | 00:01 | 2000-02-29 | 2000-02-29T00:00:00.000
SELECT * FROM tabs EMIT CHANGES;
--> `ID` INTEGER, `B` BOOLEAN, `I` INTEGER, `L` BIGINT, `D` DOUBLE, `C` DECIMAL(4, 2), `S` STRING, `Y` BYTES, `T` TIME, `DA` DATE, `TS` TIMESTAMP
--> 1 | true | 2147483647 | 9223372036854775807 | 1.7976931348623157E308 | 99.99 | a, "b" | AP8= | 23:59:59 | 9999-12-31 | 9999-12-31T23:59:59.999
--> 2 | false | -2147483648 | -9223372036854775808 | 4.9E-324 | -99.99 | null | null | 00:00 | 0001-01-01 | 0001-01-03T00:00:00.000
--> 3 | null | null | null | null | null | null | null | null | null | null
--> 4 | true | 0 | 0 | NaN | 0.00 | line 1
--> line 2  | 7aC9 | 12:34:56 | 1970-01-01 | 1970-01-01T00:00:00.000
--> 5 | true | -1 | -1 | Infinity | 0.01 |  'quoted' é😀 | Ig== | 00:00:01 | 1969-12-31 | 1969-12-31T23:59:59.999
--> 6 | true | 1 | 1 | -Infinity | -0.01 | ? | Cg0= | 00:01 | 2000-02-29 | 2000-02-29T00:00:00.000
SELECT * FROM j EMIT CHANGES;
--> `ID` INTEGER, `B` BOOLEAN, `I` INTEGER, `L` BIGINT, `D` DOUBLE, `C` DECIMAL(4, 2), `S` STRING, `Y` BYTES, `T` TIME, `DA` DATE, `TS` TIMESTAMP
--> 1 | true | 2147483647 | 9223372036854775807 | 1.7976931348623157E308 | 99.99 | a, "b" | AP8= | 23:59:59 | 9999-12-31 | 9999-12-31T23:59:59.999
--> 2 | false | -2147483648 | -9223372036854775808 | 4.9E-324 | -99.99 | null | null | 00:00 | 0001-01-01 | 0001-01-03T00:00:00.000
--> 3 | null | null | null | null | null | null | null | null | null | null
--> 4 | true | 0 | 0 | NaN | 0.00 | line 1
--> line 2  | 7aC9 | 12:34:56 | 1970-01-01 | 1970-01-01T00:00:00.000
--> 5 | true | -1 | -1 | Infinity | 0.01 |  'quoted' é😀 | Ig== | 00:00:01 | 1969-12-31 | 1969-12-31T23:59:59.999
--> 6 | true | 1 | 1 | -Infinity | -0.01 | ? | Cg0= | 00:01 | 2000-02-29 | 2000-02-29T00:00:00.000
-- Each type as a key.
CREATE STREAM kl WITH (kafka_topic='kl', key_format='kafka') AS SELECT l, id FROM e PARTITION BY l;
--> Created query with ID CSAS_KL_4
CREATE STREAM kd WITH (kafka_topic='kd', key_format='kafka') AS SELECT d, id FROM e PARTITION BY d;
--> Created query with ID CSAS_KD_5
CREATE STREAM ks WITH (kafka_topic='ks', key_format='kafka') AS SELECT s, id FROM e PARTITION BY s;
--> Created query with ID CSAS_KS_6
CREATE STREAM ky WITH (kafka_topic='ky', key_format='kafka') AS SELECT y, id FROM e PARTITION BY y;
--> Created query with ID CSAS_KY_7
CREATE STREAM kj WITH (kafka_topic='kj', key_format='json') AS SELECT b, c, d, s, y, t, da, ts, id FROM e PARTITION BY b, c, d, s, y, t, da, ts;
--> Created query with ID CSAS_KJ_8
CREATE STREAM kt WITH (kafka_topic='kt', key_format='delimited') AS SELECT ts, d, s, id FROM e PARTITION BY ts, d, s;
--> Created query with ID CSAS_KT_9
SELECT * FROM kl EMIT CHANGES;
--> `L` BIGINT, `ID` INTEGER
--> 9223372036854775807 | 1
--> -9223372036854775808 | 2
--> null | 3
--> 0 | 4
--> -1 | 5
--> 1 | 6
SELECT * FROM kd EMIT CHANGES;
--> `D` DOUBLE, `ID` INTEGER
--> 1.7976931348623157E308 | 1
--> 4.9E-324 | 2
--> null | 3
--> NaN | 4
--> Infinity | 5
--> -Infinity | 6
SELECT * FROM ks EMIT CHANGES;
--> `S` STRING, `ID` INTEGER
--> a, "b" | 1
-->  | 2
--> null | 3
--> line 1
--> line 2  | 4
-->  'quoted' é😀 | 5
--> ? | 6
SELECT * FROM ky EMIT CHANGES;
--> `Y` BYTES, `ID` INTEGER
--> AP8= | 1
-->  | 2
--> null | 3
--> 7aC9 | 4
--> Ig== | 5
--> Cg0= | 6
SELECT * FROM kj EMIT CHANGES;
--> `B` BOOLEAN, `C` DECIMAL(4, 2), `D` DOUBLE, `S` STRING, `Y` BYTES, `T` TIME, `DA` DATE, `TS` TIMESTAMP, `ID` INTEGER
--> true | 99.99 | 1.7976931348623157E308 | a, "b" | AP8= | 23:59:59 | 9999-12-31 | 9999-12-31T23:59:59.999 | 1
--> false | -99.99 | 4.9E-324 |  |  | 00:00 | 0001-01-01 | 0001-01-03T00:00:00.000 | 2
--> null | null | null | null | null | null | null | null | 3
--> true | 0.00 | NaN | line 1
--> line 2  | 7aC9 | 12:34:56 | 1970-01-01 | 1970-01-01T00:00:00.000 | 4
--> true | 0.01 | Infinity |  'quoted' é😀 | Ig== | 00:00:01 | 1969-12-31 | 1969-12-31T23:59:59.999 | 5
--> true | -0.01 | -Infinity | ? | Cg0= | 00:01 | 2000-02-29 | 2000-02-29T00:00:00.000 | 6
SELECT * FROM kt EMIT CHANGES;
--> `TS` TIMESTAMP, `D` DOUBLE, `S` STRING, `ID` INTEGER
--> 9999-12-31T23:59:59.999 | 1.7976931348623157E308 | a, "b" | 1
--> 0001-01-03T00:00:00.000 | 4.9E-324 | null | 2
--> null | null | null | 3
--> 1970-01-01T00:00:00.000 | NaN | line 1
--> line 2  | 4
--> 1969-12-31T23:59:59.999 | Infinity |  'quoted' é😀 | 5
--> 2000-02-29T00:00:00.000 | -Infinity | ? | 6
-- Each type alone in its record. A NULL is a record without a value, which a stream does not show.
CREATE STREAM vs WITH (kafka_topic='vs', value_format='kafka') AS SELECT id, s FROM e;
--> Created query with ID CSAS_VS_10
CREATE STREAM vd WITH (kafka_topic='vd', value_format='kafka') AS SELECT id, d FROM e;
--> Created query with ID CSAS_VD_11
CREATE STREAM vj WITH (kafka_topic='vj', value_format='json', wrap_single_value=false) AS SELECT id, s FROM e;
--> Created query with ID CSAS_VJ_12
CREATE STREAM vc WITH (kafka_topic='vc', value_format='delimited') AS SELECT id, s FROM e;
--> Created query with ID CSAS_VC_13
SELECT * FROM vs EMIT CHANGES;
--> `ID` INTEGER, `S` STRING
--> 1 | a, "b"
--> 2 | 
--> 4 | line 1
--> line 2 
--> 5 |  'quoted' é😀
--> 6 | ?
SELECT * FROM vd EMIT CHANGES;
--> `ID` INTEGER, `D` DOUBLE
--> 1 | 1.7976931348623157E308
--> 2 | 4.9E-324
--> 4 | NaN
--> 5 | Infinity
--> 6 | -Infinity
SELECT * FROM vj EMIT CHANGES;
--> `ID` INTEGER, `S` STRING
--> 1 | a, "b"
--> 2 | 
--> 4 | line 1
--> line 2 
--> 5 |  'quoted' é😀
--> 6 | ?
-- A DELIMITED record of one NULL is empty, and reads as none: ksqlDB's way. It is skipped, with a row in the log.
SELECT * FROM vc EMIT CHANGES;
--> `ID` INTEGER, `S` STRING
--> 1 | a, "b"
--> 2 | null
--> 4 | line 1
--> line 2 
--> 5 |  'quoted' é😀
--> 6 | ?
-- Nested: empty, NULL inside, in each other.
CREATE STREAM n (id INT KEY, a ARRAY<DECIMAL(4,2)>, m MAP<STRING, ARRAY<STRING>>, st STRUCT<x DOUBLE, y STRUCT<z BYTES, w DATE>>) WITH (kafka_topic='n', value_format='json', partitions=1);
--> Stream created
INSERT INTO n VALUES (1, ARRAY[1.50, NULL, -99.99], MAP('a' := ARRAY['x', NULL], '' := NULL), STRUCT(x := 1e0 / 0e0, y := STRUCT(z := TO_BYTES('ff', 'hex'), w := CAST(NULL AS DATE))));
INSERT INTO n VALUES (2, NULL, NULL, STRUCT(x := CAST(NULL AS DOUBLE), y := STRUCT(z := TO_BYTES('', 'hex'), w := '0001-01-01')));
--@ append n - {"A":[],"M":{},"ST":{}}
CREATE STREAM n2 WITH (kafka_topic='n2', key_format='json') AS SELECT a, st, m, id FROM n PARTITION BY a, st;
--> Created query with ID CSAS_N2_15
--@ topic n2
--> 0 | {"A":[1.50,null,-99.99],"ST":{"X":"Infinity","Y":{"Z":"/w==","W":null}}} | {"M":{"":null,"a":["x",null]},"ID":1} | 0
--> 0 | {"A":null,"ST":{"X":null,"Y":{"Z":"","W":-719162}}} | {"M":null,"ID":2} | 0
--> 0 | {"A":[],"ST":{"X":null,"Y":null}} | {"M":{},"ID":null} | 0
SELECT * FROM n2 EMIT CHANGES;
--> `A` ARRAY<DECIMAL(4, 2)>, `ST` STRUCT<`X` DOUBLE, `Y` STRUCT<`Z` BYTES, `W` DATE>>, `M` MAP<STRING, ARRAY<STRING>>, `ID` INTEGER
--> [1.50, null, -99.99] | {X=Infinity, Y={Z=/w==, W=null}} | {=null, a=[x, null]} | 1
--> null | {X=null, Y={Z=, W=0001-01-01}} | null | 2
--> [] | {X=null, Y=null} | {} | null
--@ advance 2000
SELECT message->type AS type, message->deserializationError->cause AS cause FROM KSQL_PROCESSING_LOG EMIT CHANGES;
--> `TYPE` INTEGER, `CAUSE` ARRAY<STRING>
--> 0 | [No fields in record]
