// SPDX-License-Identifier: Apache-2.0
// sluice: arguments only.
//
// A row of `commands` for each first word; without one the arguments are those of the shell. What
// ksqlDB's shell takes and Sluice does not do yet is refused by name. Exit codes: 0 done, 1 a
// statement or test failed or the output cannot be written, 2 arguments, files or no broker, 128 + a signal; 141 (of SIGPIPE) also
// when nobody reads the output any more.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_setattr_default_np */
#endif

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cell.h"
#include "base/vec.h"
#include "runtime/config.h"
#include "shell/headless.h"
#include "shell/shell.h"
#include "tools/fmt.h"
#include "tools/qtt.h"
#include "tools/sqltest.h"

enum {
    EXIT_USAGE = 2,
    OPT_OUTPUT = 256,
    OPT_TIMEOUT,
    OPT_QUERY_TIMEOUT,
    OPT_BOOTSTRAP,
    OPT_CONFIG,
    OPT_SERVICE,
    OPT_PROPERTY,
    OPT_QUERIES,
    OPT_LATER
};

static const char engine_help[] =
    "  -d, --data DIR          keep topics, state and queries in DIR (with Kafka:\n"
    "                          the state); without it they are in memory\n"
    "      --bootstrap-server HOST:PORT[,...]  topics are in this Kafka\n"
    "      --config FILE       read a properties file (ksql-server.properties); may\n"
    "                          be repeated\n"
    "      --property N=VALUE  set one property of such a file; may be repeated\n"
    "      --service-id ID     the service that this process is a part of; default_\n"
    "                          without it\n";

static const char session_help[] =
    "  -D, --define NAME=VALUE define a variable for ${NAME} in statements\n"
    "      --output FORMAT     print results as tabular (default) or json\n"
    "      --timeout TIME      end push queries after this time (10s, 500ms, 2m, 1h;\n"
    "                          a bare number is seconds)\n"
    "  -h, --help              show this\n";

static const char exit_help[] =
    "\nExit codes: 0 all done; 1 a statement or test failed, or the output cannot be\n"
    "written; 2 wrong arguments, or a file or the data directory cannot be used, or\n"
    "Kafka does not answer; 130 Ctrl-C while no query was running; 141 the reader of\n"
    "the output went away.\n";

static int help_shell(FILE *out)
{
    fputs("Usage: sluice [OPTIONS]                   a shell, or run standard input\n"
          "       sluice [OPTIONS] -e SQL | -f FILE  run statements and end\n"
          "       sluice run FILE.sql [OPTIONS]      run the statements of a file\n"
          "       sluice server --queries-file FILE  run a file's queries as a service\n"
          "       sluice fmt [--check] FILE...|-     print SQL in its canonical layout\n"
          "       sluice test qtt|rqtt|sql|plan ...  run test cases\n"
          "\nStreaming SQL on topics in memory, in a directory or in Kafka.\n\n"
          "  -e, --execute SQL       run the statements and end; may be repeated\n"
          "  -f, --file FILE         run the statements of a file and end; - is standard\n"
          "                          input\n",
          out);
    fputs(engine_help, out);
    fputs(session_help, out);
    fputs("  -V, --version           show the version\n"
          "\nOutput that is not a terminal is never wrapped or cut. A push query (EMIT\n"
          "CHANGES) ends at its LIMIT, at Ctrl-C or after --timeout; the next statement\n"
          "follows. Errors go to standard error with file, line and column.\n",
          out);
    fputs(exit_help, out);
    return out == stderr ? EXIT_USAGE : 0;
}

static int help_run(FILE *out)
{
    fputs("Usage: sluice run FILE.sql... [OPTIONS]\n"
          "\nRuns the statements of the files in turn and stops at the first that fails;\n"
          "- is standard input.\n\n",
          out);
    fputs(engine_help, out);
    fputs(session_help, out);
    fputs(exit_help, out);
    return out == stderr ? EXIT_USAGE : 0;
}

static int help_test(FILE *out)
{
    fputs("Usage: sluice test qtt [OPTIONS] FILE|DIR...   ksqlDB's query translation tests\n"
          "       sluice test rqtt [OPTIONS] FILE|DIR...  ksqlDB's REST query tests\n"
          "       sluice test sql [OPTIONS] FILE|DIR...   statements and their answers\n"
          "       sluice test plan [OPTIONS] FILE|DIR...  statements and their plans\n"
          "\nEach lists its options with --help. The last line of output is\n"
          "`N passed, N failed`, for qtt with the number of skipped cases too.\n",
          out);
    fputs(exit_help, out);
    return out == stderr ? EXIT_USAGE : 0;
}

static int help_server(FILE *out)
{
    fputs("Usage: sluice server --queries-file FILE [OPTIONS] [SERVER.properties]...\n"
          "\nRuns the queries of a file, without a shell and without an API, until SIGTERM\n"
          "or Ctrl-C. The file alone says what runs: it may have CREATE STREAM, CREATE\n"
          "TABLE, both AS SELECT, INSERT INTO, SET and UNSET. All of it is tried before\n"
          "any of it runs. A start with the same file continues where the last one\n"
          "stopped.\n\n"
          "      --queries-file FILE the statements; ksql.queries.file in a properties\n"
          "                          file says the same\n",
          out);
    fputs(engine_help, out);
    fputs("  -h, --help              show this\n"
          "\nExit codes: 0 stopped by SIGTERM or Ctrl-C, all is committed; 1 a statement was\n"
          "refused; 2 wrong arguments, or a file or the data directory cannot be used.\n"
          "While Kafka does not answer, it waits.\n",
          out);
    return out == stderr ? EXIT_USAGE : 0;
}

static void say(const char *who, const char *text)
{
    Buf b = BUF_INIT;
    buf_printf(&b, "%s: %s\n", who, text);
    cell_write(STDERR_FILENO, buf_view(&b));
    buf_free(&b);
}

static int wrong(const char *fmt, const char *what)
{
    Buf b = BUF_INIT;
    buf_printf(&b, fmt, what);
    buf_cstr(&b, "\nTry 'sluice --help'.");
    say("sluice", buf_z(&b));
    buf_free(&b);
    return EXIT_USAGE;
}

static int later(const char *what)
{
    say("sluice: not supported yet", what);
    return EXIT_USAGE;
}

/* ---- options of shell and run ------------------------------------------------------------------ */

typedef struct Args {
    ShellOptions shell;
    VEC(ShellInput) inputs;
    VEC(const char *) defines, configs, properties;
    const char *bootstrap, *service_id, *queries_file;
    ServerConfig config;
} Args;

static const struct option options[] = {
    {"data", required_argument, NULL, 'd'},
    {"define", required_argument, NULL, 'D'},
    {"execute", required_argument, NULL, 'e'},
    {"file", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"query-timeout", required_argument, NULL, OPT_QUERY_TIMEOUT}, /* ksqlDB's: milliseconds */
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"bootstrap-server", required_argument, NULL, OPT_BOOTSTRAP},
    {"bootstrap-servers", required_argument, NULL, OPT_BOOTSTRAP},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"config-file", required_argument, NULL, OPT_CONFIG}, /* ksqlDB's */
    {"property", required_argument, NULL, OPT_PROPERTY},
    {"service-id", required_argument, NULL, OPT_SERVICE},
    {"queries-file", required_argument, NULL, OPT_QUERIES},
    {"query-row-limit", required_argument, NULL, OPT_LATER},
    {"user", required_argument, NULL, OPT_LATER},
    {"password", required_argument, NULL, OPT_LATER},
    {"token", required_argument, NULL, OPT_LATER},
    {"confluent-api-key", required_argument, NULL, OPT_LATER},
    {"confluent-api-secret", required_argument, NULL, OPT_LATER},
    {NULL, 0, NULL, 0},
};

/* "10", "1.5s", "500ms", "2m", "1h" in milliseconds; a bare number counts units of `ms`. -1: it is none of these. */
static int64_t duration(const char *text, double ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *end;
    double n = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : -1;
    if (!(n >= 0))
        return -1;
    bool known = *end == 0;
    for (int i = 0; i < ARRAY_LEN(units) && !known; i++) {
        known = strcmp(end, units[i].name) == 0;
        ms = known ? units[i].ms : ms;
    }
    return known && n * ms <= 1e15 ? (int64_t)(n * ms) : -1;
}

static int set_output(Args *a, const char *format)
{
    bool json = str_eq_nocase(str_of(format), STR("json"));
    if (!json && !str_eq_nocase(str_of(format), STR("tabular")))
        return wrong("--output takes tabular or json, not '%s'", format);
    a->shell.json = json;
    return -1;
}

static int set_timeout(Args *a, const char *text, double unit_ms)
{
    a->shell.timeout_ms = duration(text, unit_ms);
    return a->shell.timeout_ms < 0 ? wrong("'%s' is not a time that a query may take; 10s, 500ms, 2m and 1h are", text) : -1;
}

/* The value is a word of its own that looks like an option: one was forgotten. SQL may begin with a comment. */
static bool forgot_value(int opt, char *const *argv)
{
    return opt != 'e' && opt != '?' && opt != ':' && optarg && optarg == argv[optind - 1] && strncmp(optarg, "--", 2) == 0;
}

/* One option; -1, or the exit code. */
static int take_option(Args *a, int opt, int index, char *const *argv, int (*help)(FILE *out))
{
    switch (opt) {
    case 'd':
        a->shell.dir = optarg;
        return optarg[0] ? -1 : wrong("--data takes a directory%s", "");
    case 'D':
        vec_add(&a->defines, optarg);
        return -1;
    case 'e':
    case 'f':
        vec_add(&a->inputs, (ShellInput){.file = opt == 'f', .text = optarg});
        return -1;
    case OPT_OUTPUT:
        return set_output(a, optarg);
    case OPT_TIMEOUT:
        return set_timeout(a, optarg, 1000);
    case OPT_QUERY_TIMEOUT:
        return set_timeout(a, optarg, 1);
    case OPT_BOOTSTRAP:
        a->bootstrap = optarg;
        return -1;
    case OPT_CONFIG:
        vec_add(&a->configs, optarg);
        return -1;
    case OPT_PROPERTY:
        vec_add(&a->properties, optarg);
        return -1;
    case OPT_SERVICE:
        a->service_id = optarg;
        return -1;
    case OPT_QUERIES:
        a->queries_file = optarg;
        return -1;
    case 'h':
        return help(stdout);
    case 'V':
        printf("sluice %s\n", engine_version());
        return 0;
    case OPT_LATER: {
        char name[64];
        snprintf(name, sizeof name, "--%s", options[index].name);
        return later(name);
    }
    case ':':
        return wrong("'%s' needs a value", argv[optind - 1]);
    default:
        return wrong("'%s' is not understood", argv[optind - 1]);
    }
}

/* Takes options up to the first other word (`stop`), or all of them, moving other words to the end. -1, or the exit
 * code. */
static int take_options(Args *a, int argc, char **argv, bool stop, int (*help)(FILE *out))
{
    const char *letters = stop ? "+:d:D:e:f:hV" : ":d:D:e:f:hV";
    int opt, index = 0, code = -1;
    opterr = 0;
    optind = 0;
    while (code < 0 && (opt = getopt_long(argc, argv, letters, options, &index)) != -1)
        code = forgot_value(opt, argv) ? wrong("'%s' needs a value", argv[optind - 2]) : take_option(a, opt, index, argv, help);
    return code;
}

/* Files first, so that the command line wins. */
static Status read_config(Args *a, Err *err)
{
    ServerConfig *c = &a->config;
    Status st = OK;
    for (int i = 0; i < a->configs.n && st == OK; i++)
        st = config_file(c, a->configs.v[i], err);
    for (int i = 0; i < a->properties.n && st == OK; i++)
        st = config_property(c, a->properties.v[i], err);
    if (st == OK && a->bootstrap)
        st = config_set(c, STR("bootstrap.servers"), str_of(a->bootstrap), "--bootstrap-server", err);
    if (st == OK && a->service_id)
        st = config_set(c, STR("ksql.service.id"), str_of(a->service_id), "--service-id", err);
    return st ? st : config_finish(c, err);
}

/* -1, or the exit code. */
static int configure(Args *a)
{
    Err err = ERR_INIT;
    Status st = read_config(a, &err);
    for (int i = 0; i < a->config.warnings.n; i++)
        say("warning", a->config.warnings.v[i]);
    if (st)
        say("sluice", err.msg);
    if (st && err.hint)
        say("hint", err.hint);
    err_clear(&err);
    return st ? EXIT_USAGE : -1;
}

static int start(Args *a)
{
    if (a->queries_file)
        return wrong("%s goes with the command server", "--queries-file");
    int code = configure(a);
    if (code >= 0)
        return code;
    a->shell.config = &a->config;
    a->shell.inputs = a->inputs.v;
    a->shell.ninputs = a->inputs.n;
    a->shell.defines = a->defines.v;
    a->shell.ndefines = a->defines.n;
    return shell_main(&a->shell);
}

/* ---- commands ---------------------------------------------------------------------------------- */

static int run_command(Args *a, int argc, char **argv)
{
    int code = take_options(a, argc, argv, false, help_run);
    if (code >= 0)
        return code;
    if (optind >= argc && a->inputs.n == 0)
        return help_run(stderr);
    for (int i = optind; i < argc; i++)
        vec_add(&a->inputs, (ShellInput){.file = true, .text = argv[i]});
    return start(a);
}

static int fmt_command(Args *a, int argc, char **argv)
{
    UNUSED(a);
    cell_stdio();
    return tool_fmt(argc, argv);
}

static int test_command(Args *a, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } kinds[] = {{"qtt", tool_qtt}, {"rqtt", tool_rqtt}, {"sql", tool_sqltest}, {"plan", tool_plantest}};
    UNUSED(a);
    cell_stdio();
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return help_test(stdout);
    for (int i = 0; argc > 1 && i < ARRAY_LEN(kinds); i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            return kinds[i].run(argc - 1, argv + 1);
    return help_test(stderr);
}

static int server_command(Args *a, int argc, char **argv)
{
    int code = take_options(a, argc, argv, false, help_server);
    if (code >= 0)
        return code;
    if (a->inputs.n || a->defines.n)
        return wrong("%s is for a shell", a->inputs.n ? "-e or -f" : "-D");
    for (int i = optind; i < argc; i++)
        vec_add(&a->configs, argv[i]);
    code = configure(a);
    if (code >= 0)
        return code;
    HeadlessOptions o = {.config = &a->config, .dir = a->shell.dir,
                         .file = a->queries_file ? a->queries_file : a->config.queries_file};
    return o.file ? headless_main(&o) : later("sluice server without --queries-file");
}

static const struct {
    const char *name;
    int (*run)(Args *a, int argc, char **argv); /* argv[0] is the name */
} commands[] = {
    {"run", run_command},
    {"fmt", fmt_command},
    {"test", test_command},
    {"server", server_command},
};

static int dispatch(Args *a, int argc, char **argv)
{
    int code = take_options(a, argc, argv, true, help_shell);
    if (code >= 0)
        return code;
    if (optind >= argc)
        return start(a);
    const char *word = argv[optind];
    for (int i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(word, commands[i].name) == 0)
            return commands[i].run(a, argc - optind, argv + optind);
    if (strncmp(word, "http://", 7) == 0 || strncmp(word, "https://", 8) == 0)
        return later("a shell on a remote server");
    if (strcmp(word, "help") == 0)
        return help_shell(stdout);
    return wrong("'%s' is not a command; sluice run FILE runs a file", word);
}

/* A descriptor 0, 1 or 2 that was closed would be given to the next file that is opened: what is written for the user would go
 * into it. False: there is no /dev/null. */
static bool open_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
    return fd >= 0;
}

/* What stdio still holds is written; help, version, fmt and the tests use it. */
static int finish(int code)
{
    errno = 0;
    bool good = !ferror(stdout);
    good = fflush(stdout) == 0 && good;
    if (good)
        return code;
    if (errno == EPIPE)
        return 128 + SIGPIPE;
    if (code && !errno)
        return code; /* it failed before, and was reported */
    fprintf(stderr, "sluice: cannot write the output%s%s\n", errno ? ": " : "", errno ? strerror(errno) : "");
    return code ? code : 1;
}

typedef struct MainArgs {
    int argc;
    char **argv;
    int code;
} MainArgs;

static int run(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a file that grows past a limit is an error of its write */
    Args a = {.shell = {.timeout_ms = -1}};
    cell_locale();
    config_init(&a.config);
    int code = dispatch(&a, argc, argv);
    vec_free(&a.inputs);
    vec_free(&a.defines);
    vec_free(&a.configs);
    vec_free(&a.properties);
    config_clear(&a.config);
    return finish(code);
}

static void *run_thread(void *arg)
{
    MainArgs *m = arg;
    m->code = run(m->argc, m->argv);
    return NULL;
}

/* The recursions over statements and values are bounded for a stack of this size: where ulimit -s gives less, the program runs
 * on a thread that has it, and so do all threads that it starts. */
enum { STACK_BYTES = 8 << 20 };

int main(int argc, char **argv)
{
    MainArgs m = {argc, argv, 1};
    struct rlimit limit;
    pthread_attr_t attr;
    pthread_t thread;
    if (!open_standard_descriptors())
        return EXIT_USAGE;
    if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur >= STACK_BYTES) /* RLIM_INFINITY is the largest */
        return run(argc, argv);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    (void)pthread_setattr_default_np(&attr);
    if (pthread_create(&thread, &attr, run_thread, &m)) {
        fprintf(stderr, "sluice: no memory for a stack of 8 MB\n");
        return EXIT_USAGE;
    }
    pthread_join(thread, NULL);
    return m.code;
}
