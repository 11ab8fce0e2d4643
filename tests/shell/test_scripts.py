# SPDX-License-Identifier: Apache-2.0
"""Scripts, -e and standard input: plain output, exit codes, places of errors, ends of push queries."""
import contextlib
import json
import os
import select
import signal
import subprocess
import time

from terminal import DEADLINE

EVENTS = ("CREATE STREAM events (who VARCHAR, n INT) "
          "WITH (kafka_topic='events', value_format='json', partitions=1);\n")
EARLIEST = "SET 'auto.offset.reset' = 'earliest';\n"
ROWS = "INSERT INTO events VALUES ('bob', 1);\nINSERT INTO events VALUES ('a name that is much longer than a column', 2);\n"
SELECT = "SELECT * FROM events EMIT CHANGES LIMIT 2;\n"
WIDE = 38 * "-"


def check(r, code, out=None, err=None):
    assert r.returncode == code, f"exit code {r.returncode}, wanted {code}\n{r.stdout}{r.stderr}"
    for text in [out] if isinstance(out, str) else out or []:
        assert text in r.stdout, f"{text!r} is not in\n{r.stdout}"
    for text in [err] if isinstance(err, str) else err or []:
        assert text in r.stderr, f"{text!r} is not in\n{r.stderr}"
    if err is None:
        assert r.stderr == "", r.stderr
    return r


def test_show_streams_quickly(sluice):
    r = check(sluice.run("-e", "SHOW STREAMS;"), 0, " Stream Name")
    assert "\x1b" not in r.stdout
    check(sluice.run("-e", "SHOW STREAMS"), 0, " Stream Name")


def test_rows_are_plain_and_whole(sluice):
    r = check(sluice.run("-e", EARLIEST + EVENTS + ROWS + SELECT), 0)
    assert r.stdout.endswith(f"+{WIDE}+{WIDE}+\n"
                             f"|{'WHO':38}|{'N':38}|\n"
                             f"+{WIDE}+{WIDE}+\n"
                             f"|{'bob':38}|{'1':38}|\n"
                             f"|a name that is much longer than a column|{'2':38}|\n"
                             "Limit Reached\nQuery terminated\n"), r.stdout


def test_script_file(sluice):
    sluice.file("a.sql", "-- first\n" + EARLIEST + EVENTS + ROWS + SELECT + "SHOW TABLES;")
    for args in (["run", "a.sql"], ["-f", "a.sql"], ["run", "a.sql", "-d", "data"]):
        check(sluice.run(*args), 0, ["Stream created", "Limit Reached", "Table Name"])


def test_standard_input(sluice):
    check(sluice.run(input=EARLIEST + EVENTS + ROWS + SELECT), 0, ["Stream created", "|bob "])
    check(sluice.run("run", "-", input="SHOW TABLES;"), 0, "Table Name")
    r = check(sluice.run(input="SHOW TABLES;\nexit\nSHOW TOPICS;\n"), 0, "Table Name")
    assert "| Partitions |" not in r.stdout, r.stdout


def test_titles_of_results_that_follow_each_other(sluice):
    r = check(sluice.run("-e", "SHOW TABLES; SHOW TOPICS; SET 'auto.offset.reset'='earliest'; SHOW STREAMS;"), 0)
    assert "\nSHOW TABLES;\n" in r.stdout and "\nSHOW TOPICS;\n" in r.stdout, r.stdout
    assert "SHOW STREAMS;" not in r.stdout, r.stdout


def test_first_error_ends_a_script(sluice):
    sluice.file("bad.sql", EVENTS + "\n  SELECT nosuch FROM events EMIT CHANGES;\nSHOW TABLES;\n")
    r = check(sluice.run("run", "bad.sql"), 1, "Stream created", ["bad.sql:3:", "  SELECT nosuch FROM events", "^"])
    assert "Table Name" not in r.stdout and "\x1b" not in r.stderr, r.stdout
    sluice.file("worse.sql", "SHOW TABLES;\n\n SELEC 1;\n")
    check(sluice.run("run", "worse.sql"), 1, "Table Name", ["worse.sql:3:2: ", "SELECT"])


def test_error_in_a_nested_script(sluice):
    sluice.file("sub/inner.sql", "SHOW TABLES;\nDROP STREAM nosuch;\n")
    sluice.file("sub/outer.sql", "RUN SCRIPT 'inner.sql';\nSHOW TOPICS;\n")
    r = check(sluice.run("run", "sub/outer.sql"), 1, "Table Name", ["sub/inner.sql:2:", "NOSUCH does not exist"])
    assert "| Partitions |" not in r.stdout
    sluice.file("loop.sql", "RUN SCRIPT 'loop.sql';\n")
    check(sluice.run("run", "loop.sql"), 1, None, ["loop.sql:1:1: ", "at most 16 deep"])


def test_error_of_a_substituted_statement(sluice):
    sluice.file("v.sql", "DEFINE s = 'nosuch';\n  DESCRIBE ${s};\n")
    check(sluice.run("run", "v.sql"), 1, None, ["v.sql:2:", "NOSUCH"])


def test_exit_codes_of_wrong_input(sluice):
    check(sluice.run("run", "nosuch.sql"), 2, None, "cannot read 'nosuch.sql': No such file")
    check(sluice.run("--nosuch"), 2, None, "'--nosuch' is not understood")
    check(sluice.run("nosuch"), 2, None, "'nosuch' is not a command")
    check(sluice.run("-e"), 2, None, "needs a value")
    check(sluice.run("--output", "xml", "-e", "SHOW TABLES;"), 2, None, "tabular or json")
    check(sluice.run("--timeout", "soon", "-e", "SHOW TABLES;"), 2, None, "'soon'")
    check(sluice.run("-D", "x", "-e", "SHOW TABLES;"), 2, None, "NAME=VALUE")
    check(sluice.run("run"), 2, None, "Usage: sluice run")


def test_not_supported_yet(sluice):
    for args in (["server"], ["http://localhost:8088"], ["--user", "me"]):
        check(sluice.run(*args), 2, None, "not supported yet: ")


def test_help_and_version(sluice):
    check(sluice.run("--help"), 0, ["Usage: sluice", "Exit codes"])
    check(sluice.run("run", "--help"), 0, "Usage: sluice run")
    check(sluice.run("test", "--help"), 0, "sluice test qtt")
    check(sluice.run("--version"), 0, "sluice ")


def test_help_fits_80_columns(sluice):
    for args in ([], ["run"], ["server"], ["fmt"], ["test"], ["test", "sql"], ["test", "plan"], ["test", "qtt"], ["test", "rqtt"]):
        r = check(sluice.run(*args, "--help"), 0, "Usage: sluice")
        assert all(len(line) < 80 for line in r.stdout.splitlines()), r.stdout
    r = check(sluice.run("-e", "help"), 0, "Commands of the shell")
    assert all(len(line) < 80 for line in r.stdout.splitlines()), r.stdout


def documents(text):
    """The JSON values of a text; an error where it has anything else."""
    values, decoder, at = [], json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            raise AssertionError(f"not JSON: {text[at:]}") from None
        values.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return values


def test_json_is_nothing_but_json(sluice):
    r = check(sluice.run("--output", "JSON", "-e", EARLIEST + EVENTS + ROWS + SELECT + "SHOW STREAMS;"), 0)
    values = documents(r.stdout)
    assert values[0][0]["@type"] == "currentStatus", values[0]
    assert "`WHO` STRING" in values[1]["schema"] and values[1]["queryId"], values[1]
    assert values[2]["columns"] == ["bob", 1], values[2]
    assert values[4][0]["@type"] == "streams", values[4]


def test_json_of_every_statement(sluice):
    """Statements of every kind, and commands of the shell: each answer is JSON or nothing, errors are elsewhere."""
    table = "CREATE TABLE totals AS SELECT who, SUM(n) AS total FROM events GROUP BY who;"
    begin = EARLIEST + EVENTS + "INSERT INTO events VALUES ('b\u001b\"\u00fc\u2028', 1);\nDEFINE name = 'a';\n" + table
    for text, answers in (
            ("", 2), ("SHOW STREAMS;", 1), ("SHOW TABLES;", 1), ("SHOW TOPICS;", 1), ("SHOW ALL TOPICS;", 1), ("LIST TOPICS EXTENDED;", 1),
            ("SHOW QUERIES;", 1), ("SHOW FUNCTIONS;", 1), ("SHOW PROPERTIES;", 1), ("SHOW VARIABLES;", 1), ("SHOW STREAMS EXTENDED;", 1),
            ("SHOW TABLES EXTENDED;", 1), ("DESCRIBE events;", 1), ("DESCRIBE totals EXTENDED;", 1), ("DESCRIBE FUNCTION ucase;", 1),
            ("DESCRIBE STREAMS EXTENDED;", 1), ("EXPLAIN SELECT * FROM events EMIT CHANGES;", 1), ("EXPLAIN CTAS_TOTALS_1;", 1),
            ("SELECT * FROM events;", 2), ("SELECT * FROM events EMIT CHANGES LIMIT 1;", 2), ("SELECT * FROM totals EMIT CHANGES LIMIT 1;", 2),
            ("SELECT * FROM totals WHERE who = 'nobody';", 1), ("PRINT events FROM BEGINNING LIMIT 1;", 3), ("PRINT events LIMIT 0;", 0),
            ("SET 'auto.offset.reset' = 'latest';", 0), ("UNSET 'auto.offset.reset';", 0), ("UNDEFINE name;", 0), ("DEFINE b = 'c';", 0),
            ("PAUSE CTAS_TOTALS_1; RESUME CTAS_TOTALS_1;", None), ("TERMINATE CTAS_TOTALS_1;", 1), ("CREATE STREAM o AS SELECT * FROM events;", 1),
            ("CREATE STREAM IF NOT EXISTS events (a INT) WITH (kafka_topic='x', value_format='json', partitions=1);", 1),
            ("INSERT INTO events SELECT * FROM events;", None), ("DROP STREAM IF EXISTS nosuch;", 1), ("DROP STREAM events;", None),
            ("DROP TABLE totals DELETE TOPIC;", 1), ("CREATE TYPE t AS INT;", None), ("SHOW TYPES;", None), ("SHOW CONNECTORS;", None),
            ("ASSERT TOPIC events;", None), ("ALTER STREAM events ADD COLUMN c INT;", None), ("SELEC;", 0), ("SELECT nosuch FROM events;", 0),
            ("DESCRIBE nosuch;", 0), ("RUN SCRIPT 'nosuch.sql';", 0), ("RUN SCRIPT 'show.sql';", 1), ("/* open", 0), ("SELECT 'open", 0),
            ("output", 1), ("output json", 0), ("version", 1), ("server", 1), ("help", 1), ("history", 1), ("clear", 0), ("request-pipelining", 1),
            ("request-pipelining on", 0), ("set cli wrap off", 0), ("set cli column-width 9", 0), ("spool s.txt\nspool off", 0),
            ("run script show.sql", 1), ("output xml", 0), ("exit", 0)):
        sluice.file("show.sql", "SHOW STREAMS;\n")
        sluice.file("a.sql", begin + ("\n" + text if text else "") + "\n")
        r = sluice.run("--output", "json", "run", "a.sql")
        values = documents(r.stdout)
        assert r.returncode in (0, 1) and (r.returncode == 1) == bool(r.stderr), f"{text}: {r.returncode}\n{r.stdout}{r.stderr}"
        n = len(values) - (2 if text else 0)
        assert answers is None or n == answers, f"{text}: {n} answers, not {answers}:\n{r.stdout}"
    r = check(sluice.run("--output", "json", "-e", begin + "PRINT events FROM BEGINNING LIMIT 1;"), 0)
    assert 'value: {"WHO":"b\\u001B\\"\u00fc' in documents(r.stdout)[-1], r.stdout
    check(sluice.run("--output", "json", "--timeout", "0.2", "-e", begin + "SELECT * FROM events EMIT CHANGES; PRINT events;"), 0)


def test_timeout_ends_a_push_query(sluice):
    r = check(sluice.run("--timeout", "0.3", "-e", EARLIEST + EVENTS + ROWS +
                         "SELECT * FROM events EMIT CHANGES; SHOW TABLES;"), 0, ["|bob ", "Query terminated", "Table Name"])
    assert "Limit Reached" not in r.stdout


def read_until(p, text):
    shown = ""
    while text not in shown:
        line = p.stdout.readline()
        assert line, f"{text!r} did not come, but\n{shown}"
        shown += line
    return shown


def test_ctrl_c_ends_the_query_and_the_script_goes_on(sluice):
    p = sluice.start("-e", EARLIEST + EVENTS + ROWS + "SELECT * FROM events EMIT CHANGES; SHOW TABLES;",
                     stdout=subprocess.PIPE)
    read_until(p, "much longer")
    p.send_signal(signal.SIGINT)
    read_until(p, "Table Name")
    p.stdout.read()
    assert p.wait() == 0


MANY = EARLIEST + EVENTS + "".join(f"INSERT INTO events VALUES ('{1000 * 'x'}', {i});\n" for i in range(200))


def stuck(sluice, *args, text=MANY + "SELECT * FROM events EMIT CHANGES; SHOW TABLES;"):
    """A process whose output nobody reads, once the pipe is full."""
    sluice.file("many.sql", text)
    r, w = os.pipe()
    p = sluice.start(*args, "run", "many.sql", stdout=w, stderr=subprocess.PIPE)
    p.stdout = os.fdopen(r)
    while select.select([], [w], [], 0)[1]:
        assert p.poll() is None, p.stderr.read()
        select.select([], [], [], 0.01)
    os.close(w)
    return p


def test_signals_end_a_query_that_nobody_reads(sluice):
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        p = stuck(sluice)
        began = time.monotonic()
        p.send_signal(sig)
        assert p.wait() == 128 + sig, (sig, p.returncode, p.stderr.read())
        assert time.monotonic() - began < DEADLINE / 4
        assert p.stderr.read() == ""


def test_a_timeout_ends_a_query_that_nobody_reads(sluice):
    p = stuck(sluice, "--timeout", "500ms")
    assert p.wait() == 1, p.returncode
    err = p.stderr.read()
    assert err == "cannot write the output: nobody has read it by the time of --timeout\n", err


def test_signals_end_other_output_that_nobody_reads(sluice):
    for text in (MANY + "PRINT events FROM BEGINNING;", MANY + "SELECT * FROM events;", 300 * "SHOW FUNCTIONS;\n"):
        p = stuck(sluice, text=text)
        p.send_signal(signal.SIGTERM)
        assert p.wait() == 128 + signal.SIGTERM, (p.returncode, p.stderr.read())
    r, w = os.pipe()
    os.set_blocking(w, False)
    try:
        while True:
            os.write(w, 4096 * b"x")
    except BlockingIOError:
        pass
    os.set_blocking(w, True)
    p = sluice.start("-e", "SELEC;", stderr=w)
    os.close(w)
    p.send_signal(signal.SIGTERM)
    assert p.wait() in (128 + signal.SIGTERM, -signal.SIGTERM)  # negative: before it could take signals
    os.close(r)


def test_a_slow_reader_gets_every_row(sluice):
    p = stuck(sluice, text=MANY + "SELECT n FROM events EMIT CHANGES LIMIT 200; SELECT * FROM events EMIT CHANGES LIMIT 200;")
    out = p.stdout.read()
    assert p.wait() == 0
    assert out.count(1000 * "x") == 200 and out.endswith("Limit Reached\nQuery terminated\n"), out[-200:]


def test_times_of_options(sluice):
    for text in ("10", "10s", "0.5s", "500ms", "2m", "1h", "1.5"):
        check(sluice.run("--timeout", text, "-e", ";"), 0)
        check(sluice.run("--query-timeout", text, "-e", ";"), 0)
    for text in ("", "s", "10 s", "10x", "-1", "-1s", "1e999", "nan", "inf", "10ss", "1d"):
        check(sluice.run("--timeout", text, "-e", ";"), 2, None, f"'{text}' is not a time that a query may take; 10s")
        check(sluice.run("--query-timeout=" + text, "-e", ";"), 2, None, f"'{text}' is not a time")


def test_sigterm_ends_a_script(sluice):
    p = sluice.start("-d", "data", "-e", EARLIEST + EVENTS + ROWS + "SELECT * FROM events EMIT CHANGES; SHOW TABLES;",
                     stdout=subprocess.PIPE)
    read_until(p, "much longer")
    p.send_signal(signal.SIGTERM)
    rest = p.stdout.read()
    assert p.wait() == 128 + signal.SIGTERM and "Table Name" not in rest, rest
    check(sluice.run("-d", "data", "-e", "SHOW STREAMS;"), 0, " EVENTS ")


def test_a_conversation_through_pipes(sluice):
    p = sluice.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
    p.stdin.write(EVENTS)
    p.stdin.flush()
    read_until(p, "Stream created")
    p.stdin.write("SHOW STREAMS;\n")
    p.stdin.flush()
    read_until(p, " EVENTS ")
    p.stdin.close()
    p.stdout.read()
    assert p.wait() == 0


def test_ctrl_c_while_waiting_for_input(sluice):
    p = sluice.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
    p.stdin.write("SHOW TABLES;\n")
    p.stdin.flush()
    read_until(p, "Table Name")
    p.send_signal(signal.SIGINT)
    assert p.wait() == 130, p.returncode


def test_output_that_cannot_be_written(sluice):
    with open("/dev/full", "w") as full:
        p = sluice.start("-e", "SHOW TABLES; SHOW TOPICS;", stdout=full, stderr=subprocess.PIPE)
        err = p.communicate()[1]
    assert p.returncode == 1 and "cannot write the output" in err, err
    read, write = os.pipe()
    os.close(read)
    p = sluice.start("-e", "SHOW TABLES;", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    err = p.communicate()[1]
    assert p.returncode == 141 and err == "", err


def test_defines(sluice):
    check(sluice.run("-D", "s=events", "--define", "t=tables", "-e", EVENTS + "DESCRIBE ${s}; SHOW ${t};"), 0,
          [": EVENTS\n", "Table Name"])


def test_several_inputs_in_turn(sluice):
    sluice.file("a.sql", "SHOW TABLES;")
    r = check(sluice.run("-e", "SHOW TOPICS;", "-f", "a.sql", "-e", "SHOW STREAMS;"), 0)
    at = [r.stdout.index(s) for s in ("| Partitions |", "Table Name", "Stream Name")]
    assert at == sorted(at), r.stdout


def test_commands_in_scripts(sluice):
    check(sluice.run(input="output json\nSHOW TABLES;\n"), 0, '"@type" : "tables"')
    check(sluice.run(input="SHOW TABLES;\n  output xml\n"), 1, None, ["stdin:2:3: ", "Invalid output format"])


def test_what_is_kept_in_a_directory(sluice):
    check(sluice.run("-d", "data", "-e", EVENTS + ROWS), 0)
    check(sluice.run("-d", "data", "-e", EARLIEST + SELECT), 0, "|bob ")


def test_a_directory_in_use(sluice):
    t = sluice.shell("-d", "data")
    r = check(sluice.run("-d", "data", "-e", "SHOW TABLES;"), 2, None, "data")
    assert str(t.pid) in r.stderr, r.stderr
    t.line("exit")
    assert t.wait() == 0
    check(sluice.run("-d", "data", "-e", "SHOW TABLES;"), 0)


def test_extended_stands_behind_the_name(sluice):
    check(sluice.run("-e", EVENTS + "DESCRIBE EXTENDED events;"), 1, None,
          ["2:10: ", "hint: EXTENDED stands behind the name: DESCRIBE name EXTENDED"])
    check(sluice.run("-e", EVENTS + "DESCRIBE events EXTENDED;"), 0, "Local runtime statistics")


def test_empty_statements_are_no_errors(sluice):
    r = check(sluice.run("-e", ";"), 0)
    assert r.stdout == "", r.stdout
    check(sluice.run("-e", " ; ;-- one\n; SHOW TABLES;; SHOW STREAMS;;"), 0, ["Table Name", "Stream Name"])
    check(sluice.run(input=";\nSHOW TABLES;\n;;\nSHOW STREAMS;;\n"), 0, ["Table Name", "Stream Name"])
    check(sluice.run("-e", ";; SELEC;"), 1, None, "1:4: ")


def test_an_option_is_no_value_of_another(sluice):
    check(sluice.run("--config", "--property", "x=1"), 2, None, "sluice: '--config' needs a value\n")
    check(sluice.run("-d", "--output", "json"), 2, None, "sluice: '-d' needs a value\n")
    check(sluice.run("server", "--queries-file", "--config", "x"), 2, None, "sluice: '--queries-file' needs a value\n")
    check(sluice.run("--config=--none", "-e", "SHOW TABLES;"), 2, None, "cannot read '--none'")
    check(sluice.run("-e", "-- a comment\nSHOW TABLES;"), 0, "Table Name")


def every_way(sluice, text):
    """The text as a script in each way that there is: the result of each, and how errors name it."""
    sluice.file("open.sql", text)
    sluice.file("outer.sql", "RUN SCRIPT 'open.sql';\n")
    yield sluice.run("run", "open.sql"), "open.sql:"
    yield sluice.run("-f", "open.sql"), "open.sql:"
    yield sluice.run("run", "outer.sql"), "open.sql:"
    yield sluice.run("-e", text), ""
    yield sluice.run(input=text), "stdin:"


def test_what_is_open_at_the_end_of_a_script(sluice):
    more = "\nINSERT INTO events VALUES (1, 1);\n"
    for text, col, what, hint in (
            ("/* load" + more, 2, "The comment that starts here is not closed", "put */ at its end"),
            ("/*", 2, "The comment that starts here is not closed", "put */ at its end"),
            ("/*/\n", 2, "The comment that starts here is not closed", "put */ at its end"),
            ("SHOW /* load" + more, 7, "The comment that starts here is not closed", "put */ at its end"),
            ("SELECT 'load" + more, 9, "The string that starts here is not closed", "put ' at its end"),
            ("SELECT `load" + more, 9, "The quoted name that starts here is not closed", "put ` at its end"),
            ('SELECT "load' + more, 9, "The quoted name that starts here is not closed", 'put " at its end'),
            ("SELECT ${load" + more, 9, "The variable that starts here has no name or is not closed", "${name}"),
            ("SELECT who FROM", 17, "Syntax error at or near '<EOF>'", "expected a name")):
        for r, name in every_way(sluice, EVENTS + "\n " + text):
            check(r, 1, "Stream created", [f"{name}3:{col}: ", what, f"\n  {' ' * (col - 1)}^\n", "hint: ", hint])
    for r, _ in every_way(sluice, EVENTS + "SHOW TABLES -- no semicolon"):
        check(r, 0, ["Stream created", "Table Name"])


def test_what_is_open_in_the_file_of_a_headless_server(sluice):
    sluice.file("q.sql", EVENTS + "CREATE STREAM o AS SELECT * FROM events;\n  /* CREATE STREAM p AS SELECT * FROM events;\n")
    check(sluice.run("server", "--queries-file", "q.sql"), 1, None, ["q.sql:3:3: ", "The comment that starts here is not closed"])
    check(sluice.run("fmt", "q.sql"), 1, None, ["q.sql:3:3: ", "The comment that starts here is not closed"])


def test_a_byte_order_mark_is_read_over(sluice):
    for r, _ in every_way(sluice, "\ufeffoutput json\nSHOW TABLES;\n"):
        check(r, 0, '"@type" : "tables"')
    check(sluice.run(input="\ufeff"), 0)


def test_lines_that_end_with_a_carriage_return_alone(sluice):
    for r, _ in every_way(sluice, "-- a comment\rSHOW TABLES;\r-- another\rSHOW STREAMS;\r"):
        check(r, 0, ["Table Name", "Stream Name"])


def test_standard_input_that_cannot_be_read(sluice):
    with open(os.devnull) as null:
        check(sluice.run("-f", "-", stdin=null, input=None), 0)
    folder = os.open(sluice.home, os.O_RDONLY)
    p = sluice.start(stdin=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(folder)
    out, err = p.communicate()
    assert p.returncode == 2 and "cannot read standard input: Is a directory" in err, (p.returncode, out, err)


def feed(sluice, pieces):
    """Standard input in pieces: what came of it, and the most memory that the process had, in MB."""
    p = sluice.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with contextlib.suppress(BrokenPipeError):
        for piece in pieces:
            p.stdin.write(piece)
    with contextlib.suppress(BrokenPipeError):
        p.stdin.close()
    out, err = p.stdout.read(), p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    return p.returncode, out, err, usage.ru_maxrss / 1024


def test_standard_input_has_no_end_that_it_must_come_to(sluice):
    line = "-- a comment of a dump, a line of many; nothing is to be kept of it\n"
    code, out, err, least = feed(sluice, ["SHOW TABLES;\n"])
    assert code == 0, err
    for block in (line * 1000, "/*" + line * 1000 + "*/\n", "/*" + 66000 * "x" + "*/ ;"):
        code, out, err, most = feed(sluice, [block] * 1100 + ["\nSHOW TABLES;\n"])
        assert code == 0 and "Table Name" in out, (code, err)
        assert most < least + 32, f"{most} MB, {least} MB without it"
    code, out, err, most = feed(sluice, ["SHOW TABLES;\n /*"] + [line * 1000] * 1100)
    assert code == 1 and "Table Name" in out and "stdin:2:2: " in err and "not closed\n   /*-- a comment of a dump" in err, err
    assert most < least + 32, f"{most} MB, {least} MB without it"


def test_a_statement_of_standard_input_has_its_limit(sluice):
    for piece in ("x" * 65536, "x\n" * 32768, "'' '" * 16384):
        code, out, err, most = feed(sluice, ["SHOW TABLES;\n SELECT '"] + [piece] * 100)
        assert code == 1 and "Table Name" in out and "stdin:2:2: The statement is longer than 1048576 bytes" in err, err[:1000]


def test_a_long_statement_of_short_lines_is_read_once(sluice):
    rows = ["  -- one\n"] * 100000
    code, out, err, _ = feed(sluice, ["SHOW\n"] + rows + ["TABLES;\n"])
    assert code == 0 and "Table Name" in out, err
