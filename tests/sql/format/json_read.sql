-- SPDX-License-Identifier: Apache-2.0
-- JSON as it is read: coercions a real ksqlDB makes (page 07 §7.5, page 13 §13.1), names without case.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (i INT, l BIGINT, d DOUBLE, s STRING, b BOOLEAN, a ARRAY<INT>, m MAP<STRING, INT>, st STRUCT<x INT, y STRING>) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
--@ append s - {"I":1,"L":2,"D":3.5,"S":"text","B":true,"A":[1,null,3],"M":{"k":7},"ST":{"X":1,"Y":"z"}}
--@ append s - {"i":99999999999,"l":"7","d":"1e400","s":12,"b":false}
--@ append s - {"I":2.7,"L":-3.9,"D":5,"S":{"a":1,"b":[true,null]}}
--@ append s - {}
--@ append s - {"UNKNOWN":1,"I":"8","S":true,"A":[],"M":{},"ST":{}}
--@ append s - {"S":"é\u00e9\n\"q\""}
SELECT i, l, d, b FROM s EMIT CHANGES;
--> `I` INTEGER, `L` BIGINT, `D` DOUBLE, `B` BOOLEAN
--> 1 | 2 | 3.5 | true
--> 1215752191 | 7 | Infinity | false
--> 2 | -3 | 5.0 | null
--> null | null | null | null
--> 8 | null | null | null
--> null | null | null | null
SELECT s FROM s EMIT CHANGES LIMIT 5;
--> `S` STRING
--> text
--> 12
--> {"a":1,"b":[true,null]}
--> null
--> true
--> Limit Reached
SELECT a[1] AS first, a[-1] AS last, a[4] AS beyond, m['k'] AS k, m['no'] AS none, st->x AS x, st->y AS y FROM s EMIT CHANGES LIMIT 2;
--> `FIRST` INTEGER, `LAST` INTEGER, `BEYOND` INTEGER, `K` INTEGER, `NONE` INTEGER, `X` INTEGER, `Y` STRING
--> 1 | 3 | null | 7 | null | 1 | z
--> null | null | null | null | null | null | null
--> Limit Reached
