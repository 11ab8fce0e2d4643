-- SPDX-License-Identifier: Apache-2.0
-- Half a surrogate pair in a STRING: JSON writes \uD83D and reads it back, KAFKA and DELIMITED write '?'; what is
-- joined is the character again, equal to any other.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM x (id INT KEY, s STRING) WITH (kafka_topic='x', value_format='json', partitions=1);
--> Stream created
INSERT INTO x VALUES (1, '😀x');
CREATE STREAM j WITH (kafka_topic='j', key_format='json') AS
  SELECT SUBSTRING(s, 1, 1) AS hi, SUBSTRING(s, 2) AS lo, id,
         LPAD(s, 1, 'a') AS lp, RPAD('', 3, s) AS rp, REPLACE(s, '', '-') AS re, SPLIT(s, '') AS sp,
         MASK_RIGHT(s, 2) AS ma, CHR(56448) AS ch, REGEXP_SPLIT_TO_ARRAY(s, '') AS rs, UCASE(SUBSTRING(s, 2)) AS up,
         INITCAP(SUBSTRING(s, 2)) AS ini, TRIM(SUBSTRING(s, 1, 1)) AS tr, MAP(SUBSTRING(s, 1, 1) := SUBSTRING(s, 2, 1)) AS ma2
  FROM x PARTITION BY SUBSTRING(s, 1, 1);
--> Created query with ID CSAS_J_1
--@ topic j
--> 0 | "\x5cuD83D" | {"LO":"\x5cuDE00x","ID":1,"LP":"\x5cuD83D","RP":"\x5cuD83D\x5cuDE00x","RE":"-\x5cuD83D-\x5cuDE00-x-","SP":["\x5cuD83D","\x5cuDE00","x"],"MA":"\x5cuD83D-x","CH":"\x5cuDC80","RS":["\x5cuD83D\x5cuDE00","x"],"UP":"\x5cuDE00X","INI":"\x5cuDE00x","TR":"\x5cuD83D","MA2":{"\x5cuD83D":"\x5cuDE00"}} | 0
SELECT lo = SUBSTRING('😀x', 2) AS same, hi = '?' AS question, hi + SUBSTRING(lo, 1, 1) = '😀' AS plus,
       CONCAT(hi, lo) = '😀x' AS joined, CONCAT_WS('', hi, lo) = '😀x' AS ws, ARRAY_JOIN(sp, '') = '😀x' AS aj,
       LPAD(lo, 3, hi) = '😀x' AS lp, RPAD(hi, 3, lo) = '😀x' AS rp, REPLACE(re, '-', '') = '😀x' AS re,
       LEN(hi) AS len, INSTR('a😀', hi) AS pos, INSTR('a😀', SUBSTRING(lo, 1, 1)) AS lpos, LCASE(up) = lo AS lc
  FROM j EMIT CHANGES LIMIT 1;
--> `SAME` BOOLEAN, `QUESTION` BOOLEAN, `PLUS` BOOLEAN, `JOINED` BOOLEAN, `WS` BOOLEAN, `AJ` BOOLEAN, `LP` BOOLEAN, `RP` BOOLEAN, `RE` BOOLEAN, `LEN` INTEGER, `POS` INTEGER, `LPOS` INTEGER, `LC` BOOLEAN
--> true | false | true | true | true | true | true | true | true | 1 | 2 | 3 | true
--> Limit Reached
SELECT REPLACE('a😀b', hi, '') AS cut, SPLIT('a😀b', hi) AS parts, REPLACE('a😀b', hi, hi) AS same,
       SPLIT_TO_MAP('a😀b', 'x', hi) AS m, TO_BYTES(hi, 'utf8') AS bs, ENCODE(hi, 'utf8', 'hex') AS hex,
       MD5(hi) = MD5('?') AS md, URL_ENCODE_PARAM(hi) AS url, TO_JSON_STRING(hi) AS js,
       EXTRACTJSONFIELD(TO_JSON_STRING(MAP('a' := hi)), '$.a') = hi AS ex, GREATEST(hi, 'a') = hi AS gr, FIELD(hi, '?', hi) AS fi
  FROM j EMIT CHANGES LIMIT 1;
--> `CUT` STRING, `PARTS` ARRAY<STRING>, `SAME` STRING, `M` MAP<STRING, STRING>, `BS` BYTES, `HEX` STRING, `MD` BOOLEAN, `URL` STRING, `JS` STRING, `EX` BOOLEAN, `GR` BOOLEAN, `FI` INTEGER
--> a?b | [a, ?b] | a😀b | {a=?b} | Pw== | 3f | true | %3F | "?" | true | true | 2
--> Limit Reached
-- The same halves in the formats that cannot hold them, as value and as key.
CREATE STREAM k WITH (kafka_topic='k', key_format='kafka', value_format='delimited') AS SELECT hi, lo, id FROM j PARTITION BY hi;
--> Created query with ID CSAS_K_2
CREATE STREAM d WITH (kafka_topic='d', key_format='delimited', value_format='kafka') AS SELECT hi, lo FROM j PARTITION BY hi;
--> Created query with ID CSAS_D_3
--@ topic k
--> 0 | ? | "?x",1 | 0
--@ topic d
--> 0 | "?" | ?x | 0
SELECT * FROM k EMIT CHANGES LIMIT 1;
--> `HI` STRING, `LO` STRING, `ID` INTEGER
--> ? | ?x | 1
--> Limit Reached
SELECT * FROM d EMIT CHANGES LIMIT 1;
--> `HI` STRING, `LO` STRING
--> ? | ?x
--> Limit Reached
-- Raw bytes: JSON and DELIMITED refuse what is no UTF-8, KAFKA reads it as Java does.
CREATE STREAM raw (b BYTES) WITH (kafka_topic='raw', value_format='kafka', partitions=1);
--> Stream created
CREATE STREAM raw_json (s STRING) WITH (kafka_topic='raw', value_format='json', wrap_single_value=false);
--> Stream created
CREATE STREAM raw_text (s STRING) WITH (kafka_topic='raw', value_format='kafka');
--> Stream created
CREATE STREAM raw_csv (s STRING) WITH (kafka_topic='raw', value_format='delimited');
--> Stream created
CREATE STREAM raw_out WITH (kafka_topic='raw_out') AS SELECT s FROM raw_json;
--> Created query with ID CSAS_RAW_OUT_8
INSERT INTO raw VALUES (TO_BYTES('22EDA0BD22', 'hex'));
INSERT INTO raw VALUES (TO_BYTES('22E28222', 'hex'));
INSERT INTO raw VALUES (TO_BYTES('225C756438336422', 'hex'));
SELECT s FROM raw_json EMIT CHANGES;
--> `S` STRING
--> ?
SELECT s FROM raw_text EMIT CHANGES;
--> `S` STRING
--> "�"
--> "�"
--> "\ud83d"
SELECT s FROM raw_csv EMIT CHANGES;
--> `S` STRING
--> \ud83d
--@ topic raw_out
--> 0 | null | {"S":"\x5cuD83D"} | 0
--@ advance 2000
SELECT message->deserializationError->cause AS cause FROM KSQL_PROCESSING_LOG WHERE logger LIKE '%CSAS%' EMIT CHANGES;
--> `CAUSE` ARRAY<STRING>
--> [Invalid UTF-8 middle byte 0xa0]
--> [Invalid UTF-8 start byte 0xe2]
-- Bytes that are no text, in functions.
SELECT FROM_BYTES(TO_BYTES('EDA0BD', 'hex'), 'utf8') AS f, URL_DECODE_PARAM('%ED%A0%BD%F0%9F%98%80') AS u FROM x EMIT CHANGES LIMIT 1;
--> `F` STRING, `U` STRING
--> � | �😀
--> Limit Reached
-- Groups: what the key's format makes equal is one group, with a repartition topic and without.
CREATE STREAM g1 (id INT KEY, s STRING) WITH (kafka_topic='g1', value_format='json', partitions=1);
--> Stream created
CREATE STREAM g2 (id INT KEY, s STRING) WITH (kafka_topic='g2', value_format='json', partitions=2);
--> Stream created
CREATE STREAM g3 (id INT KEY, s STRING) WITH (kafka_topic='g3', key_format='json', value_format='json', partitions=1);
--> Stream created
CREATE TABLE t1 AS SELECT SUBSTRING(s, 1, 1) AS k, COUNT(*) AS n FROM g1 GROUP BY SUBSTRING(s, 1, 1);
--> Created query with ID CTAS_T1_12
CREATE TABLE t2 AS SELECT SUBSTRING(s, 1, 1) AS k, COUNT(*) AS n FROM g2 GROUP BY SUBSTRING(s, 1, 1);
--> Created query with ID CTAS_T2_13
CREATE TABLE t3 AS SELECT SUBSTRING(s, 1, 1) AS k, COUNT(*) AS n FROM g3 GROUP BY SUBSTRING(s, 1, 1);
--> Created query with ID CTAS_T3_14
INSERT INTO g1 VALUES (1, '😀x');
INSERT INTO g1 VALUES (2, '𐍈x');
INSERT INTO g1 VALUES (3, '?');
INSERT INTO g2 VALUES (1, '😀x');
INSERT INTO g2 VALUES (2, '𐍈x');
INSERT INTO g2 VALUES (3, '?');
INSERT INTO g3 VALUES (1, '😀x');
INSERT INTO g3 VALUES (2, '𐍈x');
INSERT INTO g3 VALUES (3, '?');
SELECT * FROM t1;
--> `K` STRING KEY, `N` BIGINT
--> ? | 3
SELECT * FROM t2;
--> `K` STRING KEY, `N` BIGINT
--> ? | 3
SELECT k, n, TO_JSON_STRING(k) AS j FROM t3;
--> `K` STRING KEY, `N` BIGINT, `J` STRING
--> ? | 1 | "?"
--> ? | 1 | "?"
--> ? | 1 | "?"
--@ advance 2000
--@ topic T1
--> 0 | ? | {"N":3} | 2000
