-- What a key that is the empty text becomes, and the time of a deletion that HAVING makes of a change.
SET 'auto.offset.reset' = 'earliest';
--> Successfully changed local property 'auto.offset.reset' to 'earliest'. Use the UNSET command to revert your change.
SET 'ksql.streams.cache.max.bytes.buffering' = '0';
--> Successfully changed local property 'ksql.streams.cache.max.bytes.buffering' to '0'. Use the UNSET command to revert your change.
CREATE STREAM s (k VARCHAR, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k HAVING COUNT(*) < 2;
--> Created query with ID CTAS_T_1
INSERT INTO s (rowtime, k, v) VALUES (10, '', 1);
INSERT INTO s (rowtime, k, v) VALUES (20, '', 1);
PRINT 'T' FROM BEGINNING LIMIT 2;
--> Key format: UNRECOGNISED_BYTES
--> Value format: JSON or KAFKA_STRING
--> rowtime: 1970/01/01 00:00:00.010 Z, key: , value: {"N":1}, partition: 0
--> rowtime: 1970/01/01 00:00:00.020 Z, key: , value: <null>, partition: 0
