-- SPDX-License-Identifier: Apache-2.0
-- Syntax errors: where, what, and a hint.
SELEC * FROM orders;
--> ERROR 1:1 Syntax Error
--> Unknown statement 'SELEC'
--> Did you mean 'SELECT'?
SHOW NONSENSE;
--> ERROR 1:6 Syntax Error
--> Syntax error at or near 'NONSENSE' at line 1:6
--> HINT expected ALL, CONNECTOR, CONNECTORS, FUNCTIONS, PROPERTIES, QUERIES, SINK, SOURCE, STREAMS, TABLES, TOPICS, TYPES or VARIABLES
CREATE STREAM (a INT) WITH (kafka_topic='t');
--> ERROR 1:15 Syntax Error
--> Syntax error at or near '(' at line 1:15
--> HINT expected a name or IF
