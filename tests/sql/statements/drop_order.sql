-- SPDX-License-Identifier: Apache-2.0
-- A source that others come of is dropped after them: the error names them all, in an order in which it works.
CREATE STREAM a (k INT KEY, v INT) WITH (kafka_topic='a', value_format='json', partitions=1);
--> Stream created
CREATE STREAM b AS SELECT * FROM a;
--> Created query with ID CSAS_B_1
CREATE STREAM c AS SELECT * FROM b;
--> Created query with ID CSAS_C_2
CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM c GROUP BY k;
--> Created query with ID CTAS_T_3
CREATE STREAM e AS SELECT * FROM a;
--> Created query with ID CSAS_E_4
INSERT INTO e SELECT * FROM c;
--> Created query with ID INSERTQUERY_5
DROP STREAM a;
--> ERROR 1:1 Cannot drop A.
--> The following streams and/or tables read from this source: [B, E].
--> You need to drop them before dropping A.
--> HINT in this order: DROP TABLE T; TERMINATE INSERTQUERY_5; DROP STREAM C; DROP STREAM B; DROP STREAM E;
DROP STREAM c;
--> ERROR 1:1 Cannot drop C.
--> The following streams and/or tables read from this source: [T].
--> You need to drop them before dropping C.
--> HINT in this order: DROP TABLE T; TERMINATE INSERTQUERY_5;
DROP TABLE T;
--> Source `T` (topic: T) was dropped.
TERMINATE INSERTQUERY_5;
--> Query terminated.
DROP STREAM C;
--> Source `C` (topic: C) was dropped.
DROP STREAM B;
--> Source `B` (topic: B) was dropped.
DROP STREAM E;
--> Source `E` (topic: E) was dropped.
DROP STREAM A;
--> Source `A` (topic: a) was dropped.
