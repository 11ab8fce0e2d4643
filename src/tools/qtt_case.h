// SPDX-License-Identifier: Apache-2.0
// A query-validation case, and the steps that run one: inside of the test runners only.
//
//   load (qtt_case.c) > run (qtt_run.c): statements, inputs > match (qtt_match.c) > post (qtt_post.c)
//
// The cases of REST queries share the steps before matching, and the reading of files (rqtt.c).
//
// A case and all that it points to lives in the arena of its file; a run has an arena of its own.
#ifndef SLUICE_TOOLS_QTT_CASE_H
#define SLUICE_TOOLS_QTT_CASE_H

#include "base/map.h"
#include "runtime/session.h"
#include "tools/json_tree.h"

typedef struct QttCase {
    Str id;              /* "having - calculate average in having[ - JSON][ - prop=value]" */
    Str script;          /* the statements, joined with newlines, {FORMAT} replaced */
    int nstatements;
    const Str *statements; /* the same one by one */
    bool enabled;
    const JTree *properties; /* these may be NULL */
    Str config_name, config_value;
    const JTree *topics, *inputs, *outputs, *post;
    const JTree *exception;              /* expectedException, expectedError */
    const JTree *responses;              /* REST queries: what each statement answers */
    bool wait_for_push, verify_order;    /* inputConditions, outputConditions */
} QttCase;
typedef VEC(QttCase) QttCaseVec;

/* Reads a file's text (borrowed) into cases, in order; `file` is its name without folder and ".json". */
Status qtt_load(Arena *a, Str file, Str text, QttCaseVec *out, Err *err) MUST_CHECK;

/* ---- topics as a run knows them ----------------------------------------------------------------- */

typedef enum QttFormat { QTT_JSON, QTT_KAFKA, QTT_DELIMITED, QTT_NONE } QttFormat;
typedef enum QttPrimitive { QTT_STRING, QTT_INTEGER, QTT_BIGINT, QTT_DOUBLE, QTT_BYTES } QttPrimitive;
typedef enum QttWindow { QTT_UNWINDOWED, QTT_TIME, QTT_SESSION } QttWindow;

typedef struct QttSide {
    QttFormat format;
    Str format_name;        /* as the source describes it; empty when no source is known */
    QttPrimitive primitive; /* KAFKA */
} QttSide;

typedef struct QttTopic {
    Str name;
    QttSide key, value;
    QttWindow window;
    int64_t window_size; /* ms; 0 when not known */
} QttTopic;

typedef struct QttRun {
    const QttCase *c;
    Arena *arena;
    Engine *engine;
    Session *session;
    StrMap topics; /* name -> QttTopic * in the arena */
    Buf *why;      /* the reason of a failure or a skip */
    bool rest;     /* REST queries: real partitions, defaults of a server */
} QttRun;

typedef enum QttVerdict { QTT_PASSED, QTT_FAILED, QTT_SKIPPED } QttVerdict;

/* Runs a case from an empty engine to its post conditions; `why` gets the reason unless it passed. */
QttVerdict qtt_run_case(const QttCase *c, Buf *why);
/* The same for a case of REST queries (rqtt_run.c). */
QttVerdict rqtt_run_case(const QttCase *c, Buf *why);

/* ---- the steps of a run ---- */

/* Opens r->engine and r->session and sets the case's properties. Whatever it answers, qtt_close ends the run. */
QttVerdict qtt_open(QttRun *r, Effects *fx);
void qtt_close(QttRun *r);
/* The topics of the case, of its CREATE statements and of its inputs. */
void qtt_make_topics(QttRun *r, const StmtVec *stmts);
/* Remembers the formats of a source's topic from its description. */
void qtt_learn_source(QttRun *r, Str name);
/* What a failed statement means for the case. last: it is the last statement of the case. st may be NULL. */
QttVerdict qtt_judge_error(QttRun *r, const Err *err, const Stmt *st, bool last);
/* Puts input i into its topic; false with the reason in r->why. */
bool qtt_put_input(QttRun *r, int i);
/* When runs start: any time that is plausible as today's date, since UNIX_DATE and the like read the clock. */
#define QTT_START_MS INT64_C(1700000000000)
extern const char qtt_not_yet[]; /* how the engine's refusals that skip a case begin */

/* What queries failed with at run time, one line each: borrowed from out. */
void qtt_query_errors(QttRun *r, Buf *out);
/* The message as page 12 §12.2 matches it: a part of what the user sees, in any of its forms.
 * `st` may be NULL. */
bool qtt_error_matches(const QttCase *c, const Err *err, const Stmt *st, Str want);

/* Never NULL: a topic that no source describes has KAFKA strings for keys and JSON for values. */
const QttTopic *qtt_topic(QttRun *r, Str name);
/* Runs one statement given as text whose answer is an entity; a new reference, or NULL with err set. */
json_t *qtt_ask(QttRun *r, Err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* ---- bytes ---- */

/* A record of the case as bytes: key and value in the run's arena. False: *why says what does not fit. */
bool qtt_encode(QttRun *r, const JTree *spec, Record *out, const char **why);
/* One side of a record that was read, as a tree; NULL bytes are JT_NULL. False: the bytes are not of the
 * format. */
bool qtt_decode(Arena *a, const QttSide *side, const char *p, int64_t n, const JTree **out);
/* Splits a windowed key: bytes left, bounds. False when it is too short. */
bool qtt_window(const QttTopic *t, const Record *rec, int64_t *key_len, int64_t *start, int64_t *end);
bool parse_base64_str(Arena *a, Str text, Str *out);

/* ---- comparing ---- */

/* Recursive comparison of page 12 §12.3. exact: fractions compare with their scale, else within 1e-6. */
bool qtt_equal(const JTree *expected, const JTree *actual, bool exact);
/* Compares the outputs of all topics that the case names; false with the difference in r->why. */
bool qtt_check_outputs(QttRun *r);
/* Sources and topics that must (not) be there; false with the difference in r->why. */
bool qtt_check_post(QttRun *r);

#endif
