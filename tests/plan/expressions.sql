-- SPDX-License-Identifier: Apache-2.0
-- How expressions stand in trees and plans: precedence, coercion, names that are generated.
CREATE STREAM s (k STRING KEY, i INT, l BIGINT, d DOUBLE, c DECIMAL(6, 2), b BOOLEAN, a ARRAY<INT>, st STRUCT<x INT>) WITH (kafka_topic='s', value_format='json', partitions=1);
EXPLAIN SELECT 1 + 2 * i, (1 + 2) * i, -i, i % 2, i / l FROM s EMIT CHANGES;
EXPLAIN SELECT i + l, l + d, c + i, c * c, d - c FROM s EMIT CHANGES;
EXPLAIN SELECT k FROM s WHERE NOT b OR i > 1 AND l < 2 EMIT CHANGES;
EXPLAIN SELECT k FROM s WHERE i BETWEEN 1 AND 2 AND k LIKE 'a%' AND i IN (1, 2, 3) AND d IS NOT NULL EMIT CHANGES;
EXPLAIN SELECT a[1], st->x, CAST(i AS STRING), CASE WHEN b THEN i ELSE 0 END FROM s EMIT CHANGES;
EXPLAIN SELECT UCASE(k) AS u, LEN(k) AS n FROM s EMIT CHANGES;
