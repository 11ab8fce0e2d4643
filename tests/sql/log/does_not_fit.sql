-- SPDX-License-Identifier: Apache-2.0
-- A result that its own DECIMAL cannot hold is NULL with a row in the processing log, in every kind of query, wherever it
-- is put: a column, an element, a key. Inside an expression it counts as it is.
SET 'auto.offset.reset'='earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
CREATE STREAM s (id INT KEY, d DECIMAL(4,2)) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
INSERT INTO s VALUES (1, 99.99);
INSERT INTO s VALUES (2, 1.25);
INSERT INTO s VALUES (3, -99.01);
CREATE STREAM o WITH (kafka_topic='o') AS
  SELECT id, ROUND(d, 0) AS r0, ROUND(d) AS r, CEIL(d) AS c, FLOOR(d) AS f, ARRAY[d, CEIL(d)] AS a,
         STRUCT(x := FLOOR(d), y := d) AS st, ROUND(d, 0) + 1 AS inside, CEIL(d) > 99 AS above FROM s;
--> Created query with ID CSAS_O_1
--@ topic o
--> 0 | \x00\x00\x00\x01 | {"R0":null,"R":null,"C":null,"F":99.00,"A":[99.99,null],"ST":{"X":99.00,"Y":99.99},"INSIDE":101.00,"ABOVE":true} | 0
--> 0 | \x00\x00\x00\x02 | {"R0":1.00,"R":1,"C":2.00,"F":1.00,"A":[1.25,2.00],"ST":{"X":1.00,"Y":1.25},"INSIDE":2.00,"ABOVE":false} | 0
--> 0 | \x00\x00\x00\x03 | {"R0":-99.00,"R":-99,"C":-99.00,"F":null,"A":[-99.01,-99.00],"ST":{"X":null,"Y":-99.01},"INSIDE":-98.00,"ABOVE":false} | 0
SELECT * FROM o EMIT CHANGES;
--> `ID` INTEGER, `R0` DECIMAL(4, 2), `R` DECIMAL(2, 0), `C` DECIMAL(4, 2), `F` DECIMAL(4, 2), `A` ARRAY<DECIMAL(4, 2)>, `ST` STRUCT<`X` DECIMAL(4, 2), `Y` DECIMAL(4, 2)>, `INSIDE` DECIMAL(13, 2), `ABOVE` BOOLEAN
--> 1 | null | null | null | 99.00 | [99.99, null] | {X=99.00, Y=99.99} | 101.00 | true
--> 2 | 1.00 | 1 | 2.00 | 1.00 | [1.25, 2.00] | {X=1.00, Y=1.25} | 2.00 | false
--> 3 | -99.00 | -99 | -99.00 | null | [-99.01, -99.00] | {X=null, Y=-99.01} | -98.00 | false
SELECT ROUND(d, 0) AS r0, CEIL(d) AS c FROM s EMIT CHANGES;
--> `R0` DECIMAL(4, 2), `C` DECIMAL(4, 2)
--> null | null
--> 1.00 | 2.00
--> -99.00 | -99.00
SELECT ROUND(d, 0) AS r0, CEIL(d) AS c FROM s;
--> `R0` DECIMAL(4, 2), `C` DECIMAL(4, 2)
--> null | null
--> 1.00 | 2.00
--> -99.00 | -99.00
--> Query Completed
CREATE TABLE t WITH (kafka_topic='t', key_format='json') AS SELECT CEIL(d) AS k, COUNT(*) AS n, MAX(FLOOR(d)) AS m FROM s GROUP BY CEIL(d);
--> Created query with ID CTAS_T_2
SELECT * FROM t;
--> `K` DECIMAL(4, 2) KEY, `N` BIGINT, `M` DECIMAL(4, 2)
--> -99.00 | 1 | null
--> 2.00 | 1 | 1.00
CREATE STREAM p WITH (kafka_topic='p', key_format='json') AS SELECT CEIL(d) AS k, id, d FROM s PARTITION BY CEIL(d);
--> Created query with ID CSAS_P_3
--@ topic p
--> 0 | null | {"ID":1,"D":99.99} | 0
--> 0 | 2.00 | {"ID":2,"D":1.25} | 0
--> 0 | -99.00 | {"ID":3,"D":-99.01} | 0
--@ advance 2000
CREATE TABLE errors WITH (key_format='json') AS SELECT logger, message->recordProcessingError->errorMessage AS error, COUNT(*) AS n
  FROM KSQL_PROCESSING_LOG GROUP BY logger, message->recordProcessingError->errorMessage;
--> Created query with ID CTAS_ERRORS_4
SELECT * FROM errors WHERE logger LIKE '%CSAS_O%';
--> `LOGGER` STRING KEY, `ERROR` STRING KEY, `N` BIGINT
--> processing.CSAS_O_1.Project | Numeric field overflow: A field with precision 2 and scale 0 must round to an absolute value less than 10^2. Got 100 | 1
--> processing.CSAS_O_1.Project | Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. Got 100.00 | 3
--> processing.CSAS_O_1.Project | Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. Got -100.00 | 2
SELECT * FROM errors WHERE logger LIKE '%CTAS_T%';
--> `LOGGER` STRING KEY, `ERROR` STRING KEY, `N` BIGINT
--> processing.CTAS_T_2.Aggregate-Prepare | Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. Got 100.00 | 1
--> processing.CTAS_T_2.Aggregate-Prepare | Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. Got -100.00 | 1
--> processing.CTAS_T_2.Aggregate.GroupBy | Group-by column with index 0 resolved to null. The source row will be excluded from the table. | 1
SELECT * FROM errors WHERE logger LIKE '%CSAS_P%';
--> `LOGGER` STRING KEY, `ERROR` STRING KEY, `N` BIGINT
--> processing.CSAS_P_3.Project | Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. Got 100.00 | 1
INSERT INTO s VALUES (4, ROUND(99.99, 0));
--> ERROR Failed to insert values into 'S'. Numeric field overflow: A field with precision 4 and scale 2 must round to an absolute value less than 10^2. Got 100.00
INSERT INTO s VALUES (5, 99.999);
--> ERROR 1:26 Failed to insert values into 'S'. Expected type DECIMAL(4, 2) for field `D` but got DECIMAL(5, 3)(99.999)
