// SPDX-License-Identifier: Apache-2.0
// Shell: see shell.h. Opens the engine, runs the inputs or a session at the terminal, closes the engine:
// on every way out, so that what runs commits.
#include "shell/shell.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cell.h"
#include "shell/edit.h"
#include "shell/history.h"
#include "shell/open.h"
#include "shell/run.h"
#include "shell/signals.h"

static void welcome(Shell *sh)
{
    Buf b = BUF_INIT, wrapped = BUF_INIT;
    buf_printf(&b, "Sluice %s, streaming SQL. ", engine_version());
    if (sh->bootstrap)
        buf_printf(&b, "Topics are in Kafka at %s, state is in %s.\n", sh->bootstrap, sh->dir ? sh->dir : "memory");
    else if (sh->dir)
        buf_printf(&b, "Data is kept in %s.\n", sh->dir);
    else
        buf_cstr(&b, "Data is in memory and ends with the shell; -d DIR keeps it.\n");
    buf_cstr(&b, "Statements end with a semicolon. help lists commands; exit or Ctrl-D leaves.\n\n");
    cell_wrap(&wrapped, buf_view(&b), out_width(&sh->out));
    out_write(&sh->out, buf_view(&wrapped));
    buf_free(&wrapped);
    buf_free(&b);
}

static int run_terminal(Shell *sh)
{
    Buf text = BUF_INIT;
    char *path = history_path();
    sh->history = history_open(path);
    mem_free(path);
    Editor *ed = edit_open(sh);
    welcome(sh);
    while (!sh->quit && !signals_ended() && sh->out.error == 0) {
        run_look_at_left(sh);
        EditResult got = edit_read(ed, &text);
        if (got == EDIT_END)
            break;
        if (got == EDIT_TEXT)
            (void)run_text(sh, buf_view(&text), NULL);
    }
    edit_close(ed);
    history_close(sh->history);
    sh->history = NULL;
    buf_free(&text);
    return signals_ended() ? 128 + signals_ended() : SHELL_OK;
}

static Status define(Shell *sh, const char *text, Err *err)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : 0;
    char *name = mem_strndup(text, n);
    bool good = n > 0 && !(name[0] >= '0' && name[0] <= '9');
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        name[i] = c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        good = good && (c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'));
    }
    if (good)
        mem_free(strmap_put(session_variables(sh->s), (Str){name, n}, mem_strdup(equals + 1)));
    mem_free(name);
    return good ? OK : err_set(err, ERR_BAD_REQUEST, "'%s' defines no variable; NAME=VALUE does", text);
}

static int run_inputs(Shell *sh, const ShellOptions *o)
{
    Err err = ERR_INIT;
    int code = SHELL_OK;
    for (int i = 0; i < o->ndefines && code == SHELL_OK; i++)
        if (define(sh, o->defines[i], &err) != OK)
            code = SHELL_USAGE;
    if (code != SHELL_OK) {
        shell_error(sh, &err, STR(""), NULL);
        err_clear(&err);
        return code;
    }
    if (sh->interactive)
        return run_terminal(sh);
    if (o->ninputs == 0)
        return run_stdin(sh);
    for (int i = 0; i < o->ninputs && code == SHELL_OK && !sh->quit; i++) {
        const char *text = o->inputs[i].text;
        code = o->inputs[i].file ? run_file(sh, text) : run_text(sh, str_of(text), NULL);
    }
    return code;
}

/* The exit code of a run, with what only its end shows: output and a spool that could not be written. */
static int finish(Shell *sh, int code)
{
    Err err = ERR_INIT;
    char *path;
    if (code == SHELL_OK)
        code = out_exit_code(&sh->out, &sh->err, code);
    if (out_spool_close(&sh->out, &path, &err) != OK) {
        shell_error(sh, &err, STR(""), NULL);
        code = code == SHELL_OK ? SHELL_FAILED : code;
        err_clear(&err);
    }
    mem_free(path);
    return code;
}

int shell_main(const ShellOptions *o)
{
    Shell sh = {.bootstrap = o->config->bootstrap, .json = o->json, .wrap = true, .timeout_ms = o->timeout_ms};
    Err err = ERR_INIT;
    int code = SHELL_USAGE;
    out_init(&sh.out, STDOUT_FILENO);
    out_init(&sh.err, STDERR_FILENO);
    sh.interactive = o->ninputs == 0 && isatty(STDIN_FILENO) && sh.out.terminal;
    signals_init(sh.interactive);
    EngineConfig config = open_engine_config(o->config, o->dir, sh.interactive ? 0 : 3);
    sh.dir = config.dir;
    if (open_engine(&config, sh.interactive ? OPEN_RETRY : OPEN_ONCE, sh.interactive ? &sh.out : &sh.err, &sh.e, &err) == OK) {
        sh.s = session_new(sh.e);
        code = finish(&sh, run_inputs(&sh, o));
        run_end_left(&sh);
        session_free(sh.s);
        open_log_ends();
        engine_close(sh.e);
    } else if (err.code == ERR_CANCELLED) {
        if (sh.interactive) /* behind the terminal's ^C */
            out_write(&sh.out, STR("\n"));
        code = signals_ended() ? 128 + signals_ended() : SHELL_INTERRUPTED;
    } else {
        shell_error(&sh, &err, STR(""), NULL);
    }
    err_clear(&err);
    out_close(&sh.out);
    out_close(&sh.err);
    return code;
}
