// SPDX-License-Identifier: Apache-2.0
// Entities as tables: the layouts that a real ksqlDB's shell printed, for entities of its shape.
#include "shell/table.h"
#include "unit.h"

/* Prints the entity of a JSON text (' stands for ") and compares. */
static int prints(const char *json, bool titled, TableStyle style, const char *want)
{
    Buf text = BUF_INIT, got = BUF_INIT;
    json_error_t e;
    for (const char *p = json; *p; p++)
        buf_byte(&text, *p == '\'' ? '"' : *p);
    json_t *entity = json_loads(buf_z(&text), 0, &e);
    CHECK_TEXT(entity ? "" : e.text, "");
    table_entity(&got, entity, titled, &style);
    CHECK_TEXT(buf_z(&got), want);
    json_decref(entity);
    buf_free(&text);
    buf_free(&got);
    return 0;
}

int test_table_streams(void)
{
    return prints("{'@type':'streams','statementText':'SHOW STREAMS;','streams':["
                  "{'type':'STREAM','name':'SHOPPING_CART_EVENTS','topic':'shopping_cart_events','keyFormat':'KAFKA',"
                  "'valueFormat':'JSON','isWindowed':false},"
                  "{'type':'STREAM','name':'KSQL_PROCESSING_LOG','topic':'default_ksql_processing_log',"
                  "'keyFormat':'KAFKA','valueFormat':'JSON','isWindowed':true}],'warnings':[]}",
                  false, (TableStyle){0},
                  "\n"
                  " Stream Name          | Kafka Topic                 | Key Format | Value Format | Windowed \n"
                  "-------------------------------------------------------------------------------------------\n"
                  " KSQL_PROCESSING_LOG  | default_ksql_processing_log | KAFKA      | JSON         | true     \n"
                  " SHOPPING_CART_EVENTS | shopping_cart_events        | KAFKA      | JSON         | false    \n"
                  "-------------------------------------------------------------------------------------------\n");
}

int test_table_rule_ends_at_the_terminal(void)
{
    return prints("{'@type':'tables','statementText':'SHOW TABLES;','tables':[{'type':'TABLE','name':'T','topic':'t',"
                  "'keyFormat':'JSON','valueFormat':'JSON','isWindowed':true}],'warnings':[{'message':'this is old'}]}",
                  true, (TableStyle){.terminal = true, .width = 30},
                  "\n"
                  "SHOW TABLES;\n"
                  " Table Name | Kafka Topic | Key Format | Value Format | Windowed\n"
                  "------------------------------\n"
                  " T          | t           | JSON       | JSON         | true\n"
                  "------------------------------\n"
                  "WARNING: this is old\n");
}

int test_table_status(void)
{
    return prints("{'@type':'currentStatus','statementText':'x','commandId':'stream/`S`/create',"
                  "'commandStatus':{'status':'SUCCESS','message':'Stream created\\nmore','queryId':null}}",
                  false, (TableStyle){0},
                  "\n Message        \n----------------\n Stream created \n----------------\n");
}

int test_table_topics(void)
{
    return prints("{'@type':'kafka_topics_extended','topics':["
                  "{'name':'b','replicaInfo':[1,1],'consumerCount':3,'consumerGroupCount':2},"
                  "{'name':'a','replicaInfo':[1,2],'consumerCount':0,'consumerGroupCount':0}]}",
                  false, (TableStyle){0},
                  "\n"
                  " Kafka Topic | Partitions | Partition Replicas | Consumers | ConsumerGroups \n"
                  "----------------------------------------------------------------------------\n"
                  " a           | 2          | 1, 2               | 0         | 0              \n"
                  " b           | 2          | 1                  | 3         | 2              \n"
                  "----------------------------------------------------------------------------\n");
}

int test_table_queries(void)
{
    return prints("{'@type':'queries','queries':[{'queryString':'CREATE TABLE T AS\\n  SELECT 1;','sinks':['T'],"
                  "'sinkKafkaTopics':['T'],'id':'CTAS_T_3','statusCount':{'RUNNING':1,'ERROR':2},"
                  "'queryType':'PERSISTENT','state':'RUNNING'}]}",
                  false, (TableStyle){0},
                  "\n"
                  " Query ID | Query Type | Status            | Sink Name | Sink Kafka Topic | Query String                  \n"
                  "----------------------------------------------------------------------------------------------------------\n"
                  " CTAS_T_3 | PERSISTENT | RUNNING:1,ERROR:2 | T         | T                | CREATE TABLE T AS   SELECT 1; \n"
                  "----------------------------------------------------------------------------------------------------------\n"
                  "For detailed information on a Query run: EXPLAIN <Query ID>;\n");
}

int test_table_properties(void)
{
    return prints("{'@type':'properties','properties':["
                  "{'name':'ksql.b','scope':'KSQL','value':'x','editable':true,'level':'SERVER'},"
                  "{'name':'auto.offset.reset','scope':'KSQL','value':'earliest'},"
                  "{'name':'ksql.c','scope':'KSQL','value':null}],"
                  "'overwrittenProperties':['auto.offset.reset'],'defaultProperties':['ksql.b']}",
                  false, (TableStyle){0},
                  "\n"
                  " Property          | Scope | Default override | Effective Value \n"
                  "----------------------------------------------------------------\n"
                  " auto.offset.reset | KSQL  | SESSION          | earliest        \n"
                  " ksql.b            | KSQL  |                  | x               \n"
                  " ksql.c            | KSQL  | SERVER           | NULL            \n"
                  "----------------------------------------------------------------\n");
}

int test_table_functions_in_groups(void)
{
    return prints("{'@type':'function_names','functions':[{'name':'UCASE','category':'STRING'},"
                  "{'name':'SUM','category':'AGGREGATE'},{'name':'LCASE','category':'STRING'}]}",
                  false, (TableStyle){0},
                  "\n"
                  " Function Name | Category  \n"
                  "---------------------------\n"
                  " SUM           | AGGREGATE \n"
                  "               |           \n"
                  " LCASE         | STRING    \n"
                  " UCASE         | STRING    \n"
                  "---------------------------\n"
                  "For detailed information about a function, run: DESCRIBE FUNCTION <Function Name>;\n");
}

int test_table_describe(void)
{
    return prints("{'@type':'sourceDescription','sourceDescription':{'name':'T','windowType':'TUMBLING','type':'TABLE',"
                  "'extended':false,'fields':["
                  "{'name':'K','schema':{'type':'STRING','fields':null,'memberSchema':null},'type':'KEY'},"
                  "{'name':'H','schema':{'type':'BYTES'},'type':'HEADER','headerKey':'h'},"
                  "{'name':'D','schema':{'type':'DECIMAL','parameters':{'precision':4,'scale':2}}},"
                  "{'name':'M','schema':{'type':'MAP','memberSchema':{'type':'ARRAY','memberSchema':{'type':'STRUCT','fields':"
                  "[{'name':'A','schema':{'type':'STRING'}},{'name':'B','schema':{'type':'BIGINT'}}]}}}}]}}",
                  false, (TableStyle){0},
                  "\n"
                  "Name                 : T\n"
                  " Field | Type                                                    \n"
                  "-----------------------------------------------------------------\n"
                  " K     | VARCHAR(STRING)  (primary key) (Window type: TUMBLING)  \n"
                  " H     | BYTES            (header('h'))                          \n"
                  " D     | DECIMAL(4, 2)                                           \n"
                  " M     | MAP<STRING, ARRAY<STRUCT<A VARCHAR(STRING), B BIGINT>>> \n"
                  "-----------------------------------------------------------------\n"
                  "For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;\n");
}

int test_table_describe_extended(void)
{
    return prints("{'@type':'sourceDescription','sourceDescription':{'name':'T','windowType':null,'type':'TABLE',"
                  "'extended':true,'timestamp':'','keyFormat':'JSON','valueFormat':'JSON','topic':'T','partitions':1,"
                  "'replication':1,'statement':'CREATE TABLE T AS SELECT\\n  1;','fields':["
                  "{'name':'A','schema':{'type':'INTEGER'}}],'readQueries':[],'writeQueries':[{'id':'CTAS_T_3',"
                  "'state':'RUNNING','queryString':'CREATE TABLE T AS SELECT\\n  1;'}],'sourceConstraints':['U'],"
                  "'clusterStatistics':[{'name':'total-messages','host':'127.0.0.1:8088','value':6.0,"
                  "'timestamp':1795249117205}],'clusterErrorStats':[],'queryOffsetSummaries':[{'groupId':'g',"
                  "'topicSummaries':[{'kafkaTopic':'s','offsets':[{'partition':0,'logStartOffset':0,'logEndOffset':7,"
                  "'consumerOffset':4}]},{'kafkaTopic':'away','offsets':[]}]}]}}",
                  false, (TableStyle){0},
                  "\n"
                  "Name                 : T\n"
                  "Type                 : TABLE\n"
                  "Timestamp field      : Not set - using <ROWTIME>\n"
                  "Key format           : JSON\n"
                  "Value format         : JSON\n"
                  "Kafka topic          : T (partitions: 1, replication: 1)\n"
                  "Statement            : CREATE TABLE T AS SELECT\n"
                  "  1;\n"
                  "\n"
                  " Field | Type    \n"
                  "-----------------\n"
                  " A     | INTEGER \n"
                  "-----------------\n"
                  "\n"
                  "Sources that have a DROP constraint on this source\n"
                  "--------------------------------------------------\n"
                  "U\n"
                  "\n"
                  "Queries that write from this TABLE\n"
                  "-----------------------------------\n"
                  "CTAS_T_3 (RUNNING) : CREATE TABLE T AS SELECT   1;\n"
                  "\n"
                  "For query topology and execution plan please run: EXPLAIN <QueryId>\n"
                  "\n"
                  "Runtime statistics by host\n"
                  "-------------------------\n"
                  " Host           | Metric         | Value      | Last Message             \n"
                  "-------------------------------------------------------------------------\n"
                  " 127.0.0.1:8088 | total-messages |          6 | 2026-11-21T08:18:37.205Z \n"
                  "-------------------------------------------------------------------------\n"
                  "(Statistics of the local KSQL server interaction with the Kafka topic T)\n"
                  "\n"
                  "Consumer Groups summary:\n"
                  "\n"
                  "Consumer Group       : g\n"
                  "\n"
                  "Kafka topic          : s\n"
                  "Max lag              : 3\n"
                  "\n"
                  " Partition | Start Offset | End Offset | Offset | Lag \n"
                  "------------------------------------------------------\n"
                  " 0         | 0            | 7          | 4      | 3   \n"
                  "------------------------------------------------------\n"
                  "\n"
                  "Kafka topic          : away\n"
                  "<no offsets: Kafka did not answer>\n");
}

int test_table_explain(void)
{
    return prints("{'@type':'queryDescription','queryDescription':{'id':'CTAS_T_3','statementText':'CREATE TABLE T;',"
                  "'fields':[{'name':'A','schema':{'type':'INTEGER'},'type':'KEY'}],'sources':['S'],'sinks':['T'],"
                  "'topology':'Topologies:\\n\\n','executionPlan':' > [ SINK ]\\n','overriddenProperties':"
                  "{'ksql.streams.commit.interval.ms':3000,'auto.offset.reset':'earliest'},"
                  "'ksqlHostQueryStatus':{'127.0.0.1:8088':'RUNNING'},'queryType':'PERSISTENT',"
                  "'queryErrors':[{'timestamp':1795249117205,'errorMessage':'bad','type':'USER'}]}}",
                  false, (TableStyle){0},
                  "\n"
                  "ID                   : CTAS_T_3\n"
                  "Query Type           : PERSISTENT\n"
                  "SQL                  : CREATE TABLE T;\n"
                  "Host Query Status    : {127.0.0.1:8088=RUNNING}\n"
                  "\n"
                  " Field | Type                   \n"
                  "--------------------------------\n"
                  " A     | INTEGER          (key) \n"
                  "--------------------------------\n"
                  "\n"
                  "Sources that this query reads from: \n"
                  "-----------------------------------\n"
                  "S\n"
                  "\n"
                  "For source description please run: DESCRIBE [EXTENDED] <SourceId>\n"
                  "\n"
                  "Sinks that this query writes to: \n"
                  "-----------------------------------\n"
                  "T\n"
                  "\n"
                  "For sink description please run: DESCRIBE [EXTENDED] <SinkId>\n"
                  "\n"
                  "Execution plan      \n"
                  "--------------      \n"
                  " > [ SINK ]\n"
                  "\n"
                  "\n"
                  "Processing topology \n"
                  "------------------- \n"
                  "Topologies:\n"
                  "\n"
                  "\n"
                  "\n"
                  "Overridden Properties\n"
                  "---------------------\n"
                  " Property                        | Value    \n"
                  "--------------------------------------------\n"
                  " auto.offset.reset               | earliest \n"
                  " ksql.streams.commit.interval.ms | 3000     \n"
                  "--------------------------------------------\n"
                  "\n"
                  "\n"
                  "Error Date           : 2026-11-21 08:18:37,205 (UTC)\n"
                  "Error Details        : bad\n"
                  "Error Type           : USER\n");
}

int test_table_function(void)
{
    return prints("{'@type':'describe_function','name':'SUBSTRING','description':'Returns the portion.',"
                  "'author':'Confluent','version':'','path':'internal','type':'SCALAR','functions':["
                  "{'arguments':[{'name':'str','type':'VARCHAR','description':'The source string.','isVariadic':false},"
                  "{'name':'pos','type':'INT','description':'','isVariadic':true}],'returnType':'VARCHAR','description':"
                  "'Returns the portion of the bytes value that starts at pos and is of length len'}]}",
                  true, (TableStyle){0},
                  "\n\n"
                  "Name        : SUBSTRING\n"
                  "Author      : Confluent\n"
                  "Overview    : Returns the portion.\n"
                  "Type        : SCALAR\n"
                  "Jar         : internal\n"
                  "Variations  : \n"
                  "\n"
                  "\tVariation   : SUBSTRING(str VARCHAR, pos INT[])\n"
                  "\tReturns     : VARCHAR\n"
                  "\tDescription : Returns the portion of the bytes value that starts at pos and is\n"
                  "                 of length len\n"
                  "\tstr         : The source string.\n");
}

int test_table_multi_line_cells(void)
{
    return prints("{'@type':'variables','variables':[{'name':'a','value':'one\\nand two'},{'name':'b','value':''}]}",
                  false, (TableStyle){0},
                  "\n"
                  " Variable Name | Value   \n"
                  "-------------------------\n"
                  " a             | one     \n"
                  "               | and two \n"
                  " b             |         \n"
                  "-------------------------\n");
}

int test_table_control_characters_take_a_column(void)
{
    return prints("{'@type':'variables','variables':[{'name':'a','value':'x\\u001b[2Jy'}]}", false,
                  (TableStyle){.terminal = true, .width = 80},
                  "\n"
                  " Variable Name | Value  \n"
                  "------------------------\n"
                  " a             | x\033[2Jy \n"
                  "------------------------\n");
}

int test_table_unknown_entity_is_json(void)
{
    return prints("{'@type':'new','list':[],'n':1}", false, (TableStyle){0},
                  "\n[ {\n  \"@type\" : \"new\",\n  \"list\" : [ ],\n  \"n\" : 1\n} ]\n");
}
