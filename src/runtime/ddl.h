// SPDX-License-Identifier: Apache-2.0
// What ddl.c (statements that change the catalog) and replay.c (the command topic read again) share.
#ifndef SLUICE_RUNTIME_DDL_H
#define SLUICE_RUNTIME_DDL_H

#include "runtime/admin.h"

/* A statement that no longer runs. A later one may have made it void: then nobody is told. */
typedef struct Failed {
    Str source, query_id; /* what it made, in the engine's arena; empty: none */
    char *warning;        /* owned */
} Failed;

/* What a replay has come to, to be done at its end. */
typedef struct Replay {
    VEC(RunQuery *) live;  /* started */
    VEC(Failed) failed;    /* told of at the end */
    VEC(RunQuery *) ended; /* erased, where no later query of the same id has taken over what goes by the id */
    NameVec doomed;        /* topics whose deletion may not have been done; their names in the engine's arena */
} Replay;

typedef struct Ddl {
    Engine *e;
    const Stmt *st;
    Analyzer an;
    Session *session;     /* NULL while replaying */
    const Command *replay;/* read from the command topic; NULL: a new statement */
    const Command *stored;/* a new statement whose command is in the topic already; NULL: it is to be written */
    Replay *past;         /* the engine opens; NULL: it runs, and what the command asks for is done at once */
    Answer *out;
    Err *err;
    Str shown;            /* the statement as answers and sources show it; empty: the user's text */
} Ddl;

/* A statement that was told that another server has the right to write, and is tried again. */
typedef struct Awaited {
    uint64_t token; /* of its command */
    const Stmt *st;
    Session *session;
    Answer *out;
    Err *err;
    bool found; /* the command is there: rc and err are what became of the statement */
    Status rc;
} Awaited;

/* Binds, makes durable, applies. Under Engine.ddl. */
Status ddl_apply(Ddl *d) MUST_CHECK;
/* The command of an awaited statement was read: what is left to do is done. parsed: of the command. */
void ddl_found(Awaited *w, const Command *c, const Stmt *parsed);

#endif
