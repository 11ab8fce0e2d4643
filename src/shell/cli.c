// SPDX-License-Identifier: Apache-2.0
// Commands of the shell: see cli.h. Their answers are those of ksqlDB's shell where it has the same
// command. Arguments are words; one in quotes may hold blanks.
#include "shell/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cell.h"
#include "shell/history.h"
#include "shell/json.h"
#include "shell/run.h"

enum { CLI_MAX_ARGS = 4 };

typedef struct Command {
    const char *name; /* words separated by one blank */
    int least, most;  /* arguments */
    int (*run)(Shell *sh, int n, const Str *args, Err *err);
    const char *arguments, *help;
} Command;

static int refuse(Err *err, const char *hint, const char *message)
{
    (void)err_set(err, ERR_STATEMENT, "%s", message);
    if (hint)
        err_hint(err, "%s", hint);
    return SHELL_FAILED;
}

static int run_help(Shell *sh, int n, const Str *args, Err *err);

/* Lines that the user asked for. */
static void answer(Shell *sh, Str text)
{
    Buf b = BUF_INIT;
    if (shell_json_only(sh)) {
        json_text(&b, str_sub(text, 0, text.n - str_ends(text, STR("\n"))));
        buf_byte(&b, '\n');
        text = buf_view(&b);
    }
    out_write(&sh->out, text);
    buf_free(&b);
}

static int run_clear(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n), UNUSED(args), UNUSED(err);
    out_escape(&sh->out, "\033[H\033[2J");
    return SHELL_OK;
}

static int run_output(Shell *sh, int n, const Str *args, Err *err)
{
    if (n == 0) {
        answer(sh, sh->json ? STR("Current output format: JSON\n") : STR("Current output format: TABULAR\n"));
        return SHELL_OK;
    }
    if (!str_eq_nocase(args[0], STR("JSON")) && !str_eq_nocase(args[0], STR("TABULAR"))) {
        (void)err_set(err, ERR_STATEMENT, "Invalid output format: '%.*s' (valid formats: 'JSON', 'TABULAR')",
                      STR_ARG(args[0]));
        return SHELL_FAILED;
    }
    sh->json = str_eq_nocase(args[0], STR("JSON"));
    if (!shell_json_only(sh))
        out_printf(&sh->out, "Output format set to %s\n", sh->json ? "JSON" : "TABULAR");
    return SHELL_OK;
}

static int run_history(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n), UNUSED(args), UNUSED(err);
    Buf b = BUF_INIT;
    for (int i = 0; sh->history && i < history_count(sh->history); i++)
        buf_printf(&b, "%4d: %s\n", i + 1, history_entry(sh->history, i));
    answer(sh, buf_view(&b));
    buf_free(&b);
    return SHELL_OK;
}

static int run_version(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n), UNUSED(args), UNUSED(err);
    char text[64];
    snprintf(text, sizeof text, "Version: %s\n", engine_version());
    answer(sh, str_of(text));
    return SHELL_OK;
}

static int run_exit(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n), UNUSED(args), UNUSED(err);
    sh->quit = true;
    return SHELL_OK;
}

static int run_script(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n), UNUSED(err);
    char *path = mem_strndup(args[0].p, args[0].n);
    int code = run_file(sh, path);
    mem_free(path);
    return code;
}

static int run_server(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(args);
    if (n > 0)
        return refuse(err, "the engine runs in the process of this shell", "not supported yet: a remote server");
    const char *place = sh->dir ? sh->dir : "memory";
    Buf b = BUF_INIT;
    if (sh->bootstrap)
        buf_printf(&b, "in this process, topics in Kafka at %s, state in %s\n", sh->bootstrap, place);
    else
        buf_printf(&b, "in this process, data in %s\n", place);
    answer(sh, buf_view(&b));
    buf_free(&b);
    return SHELL_OK;
}

/* ON or OFF; -1 when neither. */
static int on_off(Str s) { return str_eq_nocase(s, STR("ON")) ? 1 : str_eq_nocase(s, STR("OFF")) ? 0 : -1; }

static int run_pipelining(Shell *sh, int n, const Str *args, Err *err)
{
    int on = n > 0 ? on_off(args[0]) : 0;
    if (on < 0) {
        (void)err_set(err, ERR_STATEMENT, "Invalid request-pipelining setting: '%.*s' (valid: 'ON', 'OFF')",
                      STR_ARG(args[0]));
        return SHELL_FAILED;
    }
    if (n > 0)
        sh->pipelining = on == 1;
    if (n == 0)
        answer(sh, sh->pipelining ? STR("Current request-pipelining configuration: ON\n")
                                  : STR("Current request-pipelining configuration: OFF\n"));
    else if (!shell_json_only(sh))
        out_printf(&sh->out, "request-pipelining configuration is now %s\n", sh->pipelining ? "ON" : "OFF");
    return SHELL_OK;
}

static int run_spool(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n);
    if (on_off(args[0]) == 0) {
        char *path;
        Status rc = out_spool_close(&sh->out, &path, err);
        if (!path)
            return refuse(err, NULL, "No spool is open.");
        if (rc == OK && !shell_json_only(sh))
            out_printf(&sh->out, "Spool written to %s\n", path);
        mem_free(path);
        return rc == OK ? SHELL_OK : SHELL_FAILED;
    }
    if (sh->out.spool >= 0)
        return refuse(err, "SPOOL OFF closes it", "A spool is open already.");
    char *path = mem_strndup(args[0].p, args[0].n);
    Status rc = out_spool_open(&sh->out, path, err);
    mem_free(path);
    if (rc != OK)
        return SHELL_FAILED;
    if (!shell_json_only(sh))
        out_printf(&sh->out, "Session will be spooled to %s\nEnter SPOOL OFF to disable\n", sh->out.spool_path);
    return SHELL_OK;
}

static int run_set_cli(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n);
    if (str_eq_nocase(args[0], STR("WRAP"))) {
        int on = on_off(args[1]);
        if (on < 0) {
            (void)err_set(err, ERR_STATEMENT, "Invalid value for WRAP: '%.*s' (valid: 'ON', 'OFF')",
                          STR_ARG(args[1]));
            return SHELL_FAILED;
        }
        sh->wrap = on == 1;
        return SHELL_OK;
    }
    if (str_eq_nocase(args[0], STR("COLUMN-WIDTH"))) {
        char *end, text[16];
        snprintf(text, sizeof text, "%.*s", STR_ARG(args[1]));
        long width = strtol(text, &end, 10);
        if (*end || end == text || width < 0 || width > 10000) {
            (void)err_set(err, ERR_STATEMENT, "Invalid value for COLUMN-WIDTH: '%.*s' (columns; 0: automatic)",
                          STR_ARG(args[1]));
            return SHELL_FAILED;
        }
        sh->column_width = (int)width;
        return SHELL_OK;
    }
    (void)err_set(err, ERR_STATEMENT, "Undefined property: %.*s. Valid properties are: [WRAP, COLUMN-WIDTH]",
                  STR_ARG(args[0]));
    return SHELL_FAILED;
}

static const Command commands[] = {
    {"help", 0, 0, run_help, "", "Shows this list."},
    {"exit", 0, 0, run_exit, "", "Leaves the shell; Ctrl-D does too."},
    {"quit", 0, 0, run_exit, "", "The same."},
    {"output", 0, 1, run_output, "[JSON|TABULAR]", "Shows or sets how results are printed."},
    {"set cli", 2, 2, run_set_cli, "WRAP ON|OFF", "Wraps long values of rows, or cuts them."},
    {"set cli", 2, 2, run_set_cli, "COLUMN-WIDTH n", "Width of columns; 0 shares the terminal's."},
    {"run script", 1, 1, run_script, "<file>", "Runs the statements of a file."},
    {"history", 0, 0, run_history, "", "Lists the lines that were entered."},
    {"spool", 1, 1, run_spool, "<file>|OFF", "Copies input and results to a file; OFF ends it."},
    {"clear", 0, 0, run_clear, "", "Clears the terminal."},
    {"version", 0, 0, run_version, "", "Shows the version."},
    {"server", 0, 1, run_server, "", "Shows where the engine runs and keeps its data."},
    {"request-pipelining", 0, 1, run_pipelining, "[ON|OFF]", "For ksqlDB's scripts; statements run in turn."},
};

static int run_help(Shell *sh, int n, const Str *args, Err *err)
{
    UNUSED(n), UNUSED(args), UNUSED(err);
    Buf b = BUF_INIT;
    buf_cstr(&b, "Statements of SQL end with a semicolon and may take several lines:\n"
                 "  CREATE STREAM|TABLE, INSERT INTO, SELECT, PRINT <topic>, DESCRIBE <name>,\n"
                 "  SHOW STREAMS|TABLES|TOPICS|QUERIES|FUNCTIONS, EXPLAIN <query>, SET, TERMINATE,\n"
                 "  DROP and more.\n"
                 "\nCommands of the shell take one line and no semicolon:\n");
    for (int i = 0; i < ARRAY_LEN(commands); i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "%s %s", commands[i].name, commands[i].arguments);
        buf_printf(&b, "  %-29s %s\n", usage, commands[i].help);
    }
    buf_cstr(&b, "\nKeys: Tab completes, the arrow keys walk the history, Ctrl-R searches it, Ctrl-D\n"
                 "leaves. Ctrl-C clears the line or ends a query; any other statement that it\n"
                 "interrupts continues, and its result is shown when it has ended.\n");
    Buf wrapped = BUF_INIT;
    cell_wrap(&wrapped, buf_view(&b), out_width(&sh->out));
    answer(sh, buf_view(&wrapped));
    buf_free(&wrapped);
    buf_free(&b);
    return SHELL_OK;
}

const char *cli_name(int i) { return i < ARRAY_LEN(commands) ? commands[i].name : NULL; }

/* ---- lines to commands ------------------------------------------------------------------------ */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The next word off *rest, without its quotes; false when none is left. */
static bool next_word(Str *rest, Str *word)
{
    while (rest->n > 0 && is_space(rest->p[0]))
        *rest = str_sub(*rest, 1, rest->n - 1);
    if (rest->n == 0)
        return false;
    size_t n = 0;
    char q = rest->p[0] == '\'' || rest->p[0] == '"' ? rest->p[0] : 0;
    if (q) {
        const char *end = memchr(rest->p + 1, q, rest->n - 1);
        n = end ? (size_t)(end - rest->p) : rest->n;
        *word = str_sub(*rest, 1, n - 1);
        n += end != NULL;
    } else {
        while (n < rest->n && !is_space(rest->p[n]))
            n++;
        *word = str_sub(*rest, 0, n);
    }
    *rest = str_sub(*rest, n, rest->n - n);
    return true;
}

/* The line without blanks around it and without its semicolon. */
static Str bare(Str line)
{
    line = str_trim(line);
    if (line.n > 0 && line.p[line.n - 1] == ';')
        line = str_trim(str_sub(line, 0, line.n - 1));
    return line;
}

/* The command whose name the line starts with; *args is what follows. A name must end where a word does. */
static const Command *find(Str line, Str *args)
{
    for (int i = 0; i < ARRAY_LEN(commands); i++) {
        Str rest = line, name = str_of(commands[i].name), want, word;
        bool same = true;
        while (same && next_word(&name, &want))
            same = next_word(&rest, &word) && str_eq_nocase(want, word);
        if (same) {
            *args = rest;
            return &commands[i];
        }
    }
    return NULL;
}

bool cli_is_command(Str line)
{
    Str args, word, rest;
    const Command *c = find(bare(line), &args);
    if (!c)
        return false;
    /* RUN SCRIPT 'file' is a statement too, which may stand among others on its line. */
    rest = args;
    return !(c->run == run_script && next_word(&rest, &word) && word.p > args.p && word.p[-1] == '\'');
}

int cli_run(Shell *sh, Str line, Err *err)
{
    Str rest, args[CLI_MAX_ARGS];
    const Command *c = find(bare(line), &rest);
    int n = 0;
    BUG_IF(!c);
    while (n < CLI_MAX_ARGS && next_word(&rest, &args[n]))
        n++;
    if (n < c->least || n > c->most) {
        (void)err_set(err, ERR_STATEMENT, n < c->least ? "Too few parameters" : "Too many parameters");
        err_hint(err, "%s %s", c->name, c->arguments);
        return SHELL_FAILED;
    }
    return c->run(sh, n, args, err);
}
