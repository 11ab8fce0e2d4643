# SPDX-License-Identifier: Apache-2.0
"""Sessions at a terminal: prompts, keys, live results, commands of the shell."""
import os
import signal

import terminal

EVENTS = ("CREATE STREAM shopping_cart_events (customer VARCHAR, item VARCHAR, qty INT) "
          "WITH (kafka_topic='shopping_cart_events', value_format='json', partitions=1);")
EARLIEST = "SET 'auto.offset.reset' = 'earliest';"


def run(t, *lines):
    """Each line, and the prompt after it."""
    for line in lines:
        t.line(line)
        t.expect("\n", "sluice> ")


def leave(t):
    t.line("exit")
    assert t.wait() == 0, f"exit code {t.wait()}"


def insert(t, item, qty):
    run(t, f"INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', '{item}', {qty});")


def test_welcome_and_exit(sluice):
    t = sluice.shell()
    shown = t.text()
    assert "Sluice " in shown and "memory" in shown and "help" in shown, shown
    leave(t)


def test_welcome_and_help_break_between_words(sluice):
    for columns in (30, 40, 80):
        t = sluice.shell(columns=columns)
        t.line("help")
        t.expect("help\n", "sluice> ")
        lines = t.text().splitlines()
        assert all(len(line) < max(columns, 50 if "|" in line else 0) for line in lines), t.text()
        assert "Statements end with a semicolon. help lists commands; exit or Ctrl-D leaves." in " ".join(lines), t.text()
        leave(t)


def test_welcome_names_the_directory(sluice):
    t = sluice.shell("-d", "mine")
    assert "mine" in t.text(), t.text()
    t.send("\x04")
    assert t.wait() == 0


def test_table_as_ksqldb_shows_it(sluice):
    t = sluice.shell()
    t.line(EVENTS)
    t.expect("\n Message        \n----------------\n Stream created \n----------------\nsluice> ")
    t.line("SHOW STREAMS;")
    t.expect(" Stream Name          | Kafka Topic                 | Key Format | Value Format | Windowed \n",
             "-------------------------------------------------------------------------------------------\n",
             " SHOPPING_CART_EVENTS | shopping_cart_events        | KAFKA      | JSON         | false    \n", "sluice> ")
    leave(t)


def test_statement_of_several_lines(sluice):
    t = sluice.shell()
    t.line("SHOW")
    t.expect("      > ")
    t.line("-- not yet;")
    t.expect("      > ")
    t.line("STREAMS;")
    t.expect("Stream Name", "sluice> ")
    leave(t)


def test_several_statements_have_titles(sluice):
    t = sluice.shell()
    t.line("SHOW TABLES; SHOW TOPICS;")
    t.expect("\nSHOW TABLES;\n Table Name", "\nSHOW TOPICS;\n Kafka Topic", "sluice> ")
    leave(t)


def test_push_query_is_live_and_ends_with_ctrl_c(sluice):
    t = sluice.shell()
    run(t, EARLIEST, EVENTS)
    insert(t, "pants", 2)
    t.line("SELECT * FROM shopping_cart_events EMIT CHANGES;")
    t.expect("+-------------------------------+", "|CUSTOMER                       |ITEM ",
             "|bob                            |pants                          |2                              |\n",
             "Press CTRL-C to interrupt")
    t.send("\x03")
    t.expect("Query terminated\n", "sluice> ")
    run(t, "SHOW STREAMS;")
    leave(t)


def test_limit_ends_a_push_query(sluice):
    t = sluice.shell()
    run(t, EARLIEST, EVENTS)
    insert(t, "pants", 2)
    insert(t, "hats", 1)
    t.line("SELECT item FROM shopping_cart_events EMIT CHANGES LIMIT 2;")
    t.expect("|pants", "|hats", "Limit Reached\nQuery terminated\n", "sluice> ")
    leave(t)


def test_print_shows_lines(sluice):
    t = sluice.shell()
    run(t, EVENTS)
    insert(t, "pants", 2)
    t.line("PRINT shopping_cart_events FROM BEGINNING;")
    t.expect("rowtime: ", "pants")
    t.send("\x03")
    t.expect("Topic printing ceased\n", "sluice> ")
    leave(t)


def test_control_characters_of_records_are_not_sent_to_the_terminal(sluice):
    sluice.file("raw.sql", "INSERT INTO raw VALUES ('\x1b]0;mine\x07 a\tb \x1b[31mred');")
    t = sluice.shell()
    run(t, EARLIEST, "CREATE STREAM raw (v VARCHAR) WITH (kafka_topic='raw', format='kafka', partitions=1);",
        "run script raw.sql")
    for statement in ("PRINT raw FROM BEGINNING LIMIT 1;", "SELECT * FROM raw EMIT CHANGES LIMIT 1;"):
        t.line(statement)
        t.expect("\ufffd]0;mine\ufffd a b \ufffd[31mred", "sluice> ")
    assert "\x1b]0;" not in t.raw and "\x1b[31mred" not in t.raw, t.raw
    leave(t)


ESCAPE = "\x1b]0;mine\x07"


def test_no_text_steers_the_terminal(sluice):
    """An escape in every kind of name and value that a statement can bring to the terminal."""
    statements = (
        "SELECT v AS `x#` FROM s LIMIT 1;",
        "SELECT `c#` FROM s EMIT CHANGES LIMIT 1;",
        "SELECT st FROM s LIMIT 1;",
        "DESCRIBE s;", "DESCRIBE s EXTENDED;", "EXPLAIN SELECT `c#`, '#' FROM s EMIT CHANGES;",
        "CREATE STREAM o AS SELECT `c#`, 'a#' AS w FROM s;", "SHOW QUERIES;", "EXPLAIN CSAS_O_1;", "SHOW STREAMS EXTENDED;",
        "CREATE TYPE t AS STRUCT<`c#` INT>;", "SHOW TYPES;",
        "SET 'ksql.streams.topic.#' = 'b';", "SET 'auto.offset.reset' = '#';", "SET 'ksql.query.pull.table.scan.enabled#'='x#';",
        "UNSET '#';", "SHOW PROPERTIES;",
        "DEFINE name = '#';", "SHOW VARIABLES;", "SELECT ${name} FROM s;", "SELECT * FROM s WHERE v = '${name}' EMIT CHANGES LIMIT 0;",
        "PRINT 's#';", "PRINT s FROM BEGINNING LIMIT 1;", "DROP STREAM `s#`;", "DROP TYPE `t#`;", "TERMINATE `q#`;",
        "DESCRIBE FUNCTION `f#`;", "SELECT `f#`(v) FROM s;", "SELECT `d#` FROM s;", "SELECT 'a# FROM s;", "/* # */ SELEC #;",
        "INSERT INTO s (`d#`) VALUES (1);", "INSERT INTO s (v) VALUES ('#');", "SHOW TOPICS; /* # */ SHOW TABLES;",
        "CREATE STREAM z (a INT) WITH (kafka_topic='z#', value_format='json', partitions=1);",
        "CREATE STREAM z (a INT) WITH (kafka_topic='z', value_format='json#', partitions=1, `x#`='#');",
        "RUN SCRIPT 'no#.sql';", "run script no#.sql", "spool /no/#", "spool spool#.txt", "spool off", "output #", "set cli # #",
        "SHOW CONNECTORS LIKE '#';", "ASSERT TOPIC 's#';", "ASSERT SCHEMA SUBJECT '#';", "LIST TOPICS EXTENDED; # ;",
    )
    for i, text in enumerate(statements):
        sluice.file(f"#{i}.sql".replace("#", ESCAPE), text.replace("#", ESCAPE) + "\n")
    sluice.file("setup.sql", EARLIEST + "CREATE STREAM s (`c#` INT, v VARCHAR, st STRUCT<`f#` INT>) WITH (kafka_topic='s', "
                "value_format='json', partitions=1); INSERT INTO s VALUES (1, 'a#', STRUCT(`f#` := 1));".replace("#", ESCAPE))
    sluice.file(".sluice_history", "SELECT '#';\nSHOW TABLES;\n".replace("#", ESCAPE))
    for output in ("tabular", "json"):
        t = sluice.shell()
        run(t, "run script setup.sql", "output " + output)
        for i in range(len(statements)):
            sluice.file("all.sql", f"RUN SCRIPT '{ESCAPE}{i}.sql';\n")
            run(t, "run script all.sql")
        run(t, "history")
        t.send("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A")
        t.send("\x15select `\t\t")
        t.send("\x03")
        t.expect("^C\n", "sluice> ")
        leave(t)
        assert "mine" in t.raw and "\x1b]" not in t.raw and "\x9b" not in t.raw, t.raw
        shown = t.text()
        for text in ("\ufffd]0;mine\ufffd", "|x\ufffd]0;mine\ufffd ", "Query terminated", "CSAS_O_1") if output == "tabular" else ():
            assert text in shown, f"{text!r} was not shown:\n{shown}"


def test_no_argument_steers_the_terminal(sluice):
    sluice.file("a#.sql".replace("#", ESCAPE), "SELEC;\n")
    sluice.file("a#.properties".replace("#", ESCAPE), "no#=1\n".replace("#", ESCAPE))
    for args in (["#"], ["--#"], ["run", "#"], ["run", "a#.sql"], ["-e", "SELEC #;"], ["-D", "#", "-e", ";"], ["fmt", "#"],
                 ["fmt", "a#.sql"], ["--timeout", "#"], ["--output", "#"], ["--config", "#"], ["--property", "#"],
                 ["--config", "a#.properties", "-e", ";"], ["--property", "num.stream.threads=#"], ["-d", "/no/#", "-e", ";"],
                 ["server", "--queries-file", "#"], ["server", "--queries-file", "a#.sql"], ["fmt", "--#"], ["http://#"],
                 ["--service-id", "#", "-e", ";"], ["test", "sql", "#"], ["test", "sql", "a#.sql"], ["test", "#"]):
        t = sluice.at_terminal(*[a.replace("#", ESCAPE) for a in args])
        t.wait()
        assert "\x1b]" not in t.raw, f"{args}: {t.raw!r}"


def test_what_is_no_terminal_gets_every_byte(sluice):
    sluice.file("a.sql", (EARLIEST + "CREATE STREAM s (`c#` VARCHAR) WITH (kafka_topic='s', value_format='json', partitions=1); "
                          "INSERT INTO s VALUES ('v#'); SELECT * FROM s EMIT CHANGES LIMIT 1; SELEC '#';").replace("#", ESCAPE))
    r = sluice.run("run", "a.sql")
    assert f"|c{ESCAPE}" in r.stdout and f"|v{ESCAPE}" in r.stdout and f"SELEC '{ESCAPE}';" in r.stderr, r.stdout + r.stderr


def test_cart_in_the_shell(sluice):
    t = sluice.shell()
    run(t, EARLIEST, EVENTS)
    for item, qty in (("pants", 2), ("t-shirts", 1), ("pants", -1), ("hats", 1)):
        insert(t, item, qty)
    t.line("CREATE TABLE current_shopping_cart WITH (KEY_FORMAT='JSON') AS SELECT customer, item, SUM(qty) AS total_qty")
    t.expect("      > ")
    t.line("FROM shopping_cart_events GROUP BY customer, item EMIT CHANGES;")
    t.expect("Created query with ID CTAS_CURRENT_SHOPPING_CART_", "sluice> ")
    t.line("SELECT * FROM current_shopping_cart EMIT CHANGES LIMIT 3;")
    shown = t.expect("Query terminated\n")
    for item in ("pants", "t-shirts", "hats"):
        assert f"|bob                            |{item:31}|1    " in shown, shown
    t.expect("sluice> ")
    t.line("SELECT * FROM current_shopping_cart WHERE customer = 'bob' AND item = 'hats';")
    t.expect("|bob                            |hats                           |1    ", "Query terminated\n", "sluice> ")
    leave(t)


def test_ctrl_c_clears_the_line(sluice):
    t = sluice.shell()
    t.send("SELECT nonsense")
    t.expect("nonsense")
    t.send("\x03")
    t.expect("^C\n", "sluice> ")
    t.line("SHOW")
    t.expect("      > ")
    t.send("\x03")
    t.expect("^C\n", "sluice> ")
    t.line("SHOW STREAMS;")
    shown = t.expect("sluice> ")
    assert "Stream Name" in shown and "nonsense" not in shown, shown
    leave(t)


def test_history_between_runs(sluice):
    t = sluice.shell()
    run(t, "SHOW TOPICS;")
    t.line("SHOW")
    t.expect("      > ")
    t.line("TABLES;")
    t.expect("Table Name", "sluice> ")
    leave(t)
    t = sluice.shell()
    t.line("history")
    t.expect("1: SHOW TOPICS;\n", "2: SHOW\nTABLES;\n", "3: exit\n", "4: history\n", "sluice> ")
    t.send("\x1b[A\x1b[A\x1b[A")
    t.expect("SHOW", "TABLES;")
    t.send("\x1b[A\r")
    t.expect("| Partitions |", "sluice> ")
    t.send("\x12parti")  # Ctrl-R
    t.expect("i")  # all of it has been read
    t.send("\x03")
    t.expect("sluice> ")
    leave(t)
    assert os.path.exists(os.path.join(sluice.home, ".sluice_history"))


def test_history_in_the_state_folder(sluice):
    state = os.path.join(sluice.home, "state")
    os.mkdir(state)
    t = sluice.shell(env={"XDG_STATE_HOME": state})
    run(t, "SHOW TOPICS;")
    leave(t)
    with open(os.path.join(state, ".sluice_history")) as f:
        assert f.read() == "SHOW TOPICS;\nexit\n"


def test_tab_completes(sluice):
    t = sluice.shell()
    run(t, EVENTS)
    t.send("desc\t")
    t.expect("describe ")
    t.send("shop\t")
    t.expect("shopping_cart_events ")
    t.line(";")
    t.expect("Field", "QTY", "sluice> ")
    t.send("SET 'auto.off\t")
    t.expect("SET 'auto.offset.reset'")
    t.line("='earliest';")
    t.expect("Successfully changed local property 'auto.offset.reset' to 'earliest'.", "sluice> ")
    t.send("SHOW T\t")
    t.expect("TABLES", "TOPICS", "TYPES", "sluice> SHOW T")
    t.line("ABLES;")
    t.expect("Table Name", "sluice> ")
    leave(t)


def test_errors_with_a_caret(sluice):
    t = sluice.shell()
    t.line("SELEC 1;")
    t.expect("1:1: ", "Did you mean 'SELECT'?", "\n  SELEC 1;\n  ^\n", "sluice> ")
    t.line("SELECT * FROM nosuch EMIT CHANGES;")
    t.expect("NOSUCH does not exist.", "  SELECT * FROM nosuch EMIT CHANGES;\n", "^\n", "sluice> ")
    assert "\x1b[31m" in t.raw
    run(t, "SHOW STREAMS;")
    leave(t)


def test_a_caret_stands_below_its_place(sluice):
    wide = 5 * "\u65e5\u672c\u8a9e"
    for columns in (30, 40, 80):
        t = sluice.shell(columns=columns)
        for text in (f"SELECT '{wide}' nosuch\u00fc FROM;", "SELECT " + 30 * "column_name, " + "! " + 30 * "column_name, " + "1;"):
            sluice.file("wide.sql", f"{text}\n")
            t.line("run script wide.sql")
            t.expect("wide.sql:1:")
            lines = t.expect("sluice> ").split("\n")
            at = next(i for i, line in enumerate(lines) if line.strip() == "^")
            above, caret = lines[at - 1], len(lines[at]) - 1
            cells = "".join(2 * c if "\u3000" < c < "\ua000" else c for c in above)
            assert len(cells) <= columns and cells[caret] in "\u00fcF!", f"{columns}:\n{above}\n{lines[at]}"
        leave(t)


def test_colour_can_be_off(sluice):
    t = sluice.shell(env={"NO_COLOR": "1"})
    t.line("SELEC 1;")
    t.expect("^\n", "sluice> ")
    assert "\x1b[31m" not in t.raw
    leave(t)


def test_output_as_json(sluice):
    t = sluice.shell()
    run(t, EVENTS)
    t.line("output")
    t.expect("Current output format: TABULAR\n", "sluice> ")
    t.line("OUTPUT json;")
    t.expect("Output format set to JSON\n", "sluice> ")
    t.line("SHOW STREAMS;")
    t.expect('[ {\n  "@type" : "streams",\n', '"name" : "SHOPPING_CART_EVENTS",\n', "} ]\n", "sluice> ")
    t.line("output xml")
    t.expect("Invalid output format: 'xml' (valid formats: 'JSON', 'TABULAR')", "sluice> ")
    leave(t)


def test_wrap_and_column_width(sluice):
    t = sluice.shell()
    run(t, EARLIEST, EVENTS)
    insert(t, "a rather long item", 1)
    select = "SELECT item, qty FROM shopping_cart_events EMIT CHANGES LIMIT 1;"
    run(t, "set cli column-width 8")
    t.line(select)
    t.expect("+--------+--------+\n", "|a rather|1       |\n| long it|        |\n|em      |        |\n", "sluice> ")
    run(t, "SET CLI WRAP OFF")
    t.line(select)
    t.expect("|a rat...|1       |\n", "sluice> ")
    t.line("set cli colour on")
    t.expect("Undefined property: colour. Valid properties are: [WRAP, COLUMN-WIDTH]", "sluice> ")
    leave(t)


def test_columns_follow_the_terminal(sluice):
    t = sluice.shell(columns=40)
    run(t, EARLIEST, EVENTS)
    insert(t, "na\u00efve \u65e5\u672c\u8a9e", 1)
    t.line("SELECT item, qty FROM shopping_cart_events EMIT CHANGES LIMIT 1;")
    t.expect("+------------------+------------------+\n")
    t.expect("|na\u00efve \u65e5\u672c\u8a9e      |1                 |\n", "sluice> ")
    t.resize(60)
    t.line("SELECT item, qty FROM shopping_cart_events EMIT CHANGES LIMIT 1;")
    t.expect("+----------------------------+----------------------------+\n", "sluice> ")
    leave(t)


def test_commands(sluice):
    t = sluice.shell()
    t.line("HELP")
    t.expect("Commands of the shell", "spool", "Keys:", "sluice> ")
    t.line("version;")
    t.expect("Version: ", "sluice> ")
    t.line("server")
    t.expect("memory", "sluice> ")
    t.line("server http://other:8088")
    t.expect("not supported yet: ", "sluice> ")
    t.line("request-pipelining")
    t.expect("Current request-pipelining configuration: OFF\n", "sluice> ")
    t.line("request-pipelining on")
    t.expect("request-pipelining configuration is now ON\n", "sluice> ")
    t.line("history 1")
    t.expect("Too many parameters", "sluice> ")
    t.line("run script")
    t.expect("Too few parameters", "sluice> ")
    t.line("quit")
    assert t.wait() == 0


def test_spool(sluice):
    t = sluice.shell()
    path = os.path.join(sluice.home, "spooled.txt")
    t.line("spool spooled.txt")
    t.expect("Session will be spooled to ", "spooled.txt", "Enter SPOOL OFF to disable", "sluice> ")
    t.line("SHOW STREAMS;")
    t.expect("Stream Name", "sluice> ")
    t.line("SPOOL OFF")
    t.expect("Spool written to ", "spooled.txt", "sluice> ")
    run(t, "SHOW TABLES;")
    leave(t)
    with open(path) as f:
        text = f.read()
    assert "sluice> SHOW STREAMS;\n" in text and "Stream Name" in text, text
    assert "Table Name" not in text and "\x1b" not in text, text


def test_run_script(sluice):
    sluice.file("setup.sql", EVENTS + "\nSHOW STREAMS;\nSELEC;\nSHOW TABLES;\n")
    t = sluice.shell()
    t.line("run script setup.sql")
    shown = t.expect("sluice> ")
    assert "SHOPPING_CART_EVENTS" in shown and "setup.sql:3:1: " in shown and "Table Name" not in shown, shown
    t.line("RUN SCRIPT 'nosuch.sql';")
    t.expect("cannot read 'nosuch.sql'", "sluice> ")
    leave(t)


def test_variables(sluice):
    t = sluice.shell()
    run(t, EVENTS, "DEFINE s = 'shopping_cart_events';")
    t.line("DESCRIBE ${s};")
    t.expect("Name                 : SHOPPING_CART_EVENTS\n", "sluice> ")
    leave(t)


def test_sigterm_ends_cleanly(sluice):
    t = sluice.shell("-d", "data")
    run(t, EARLIEST, EVENTS)
    t.kill(signal.SIGTERM)
    assert t.wait() == 128 + signal.SIGTERM
    t = sluice.shell("-d", "data")
    t.line("SHOW STREAMS;")
    t.expect("SHOPPING_CART_EVENTS", "sluice> ")
    t.line("SELECT * FROM shopping_cart_events EMIT CHANGES;")
    t.expect("Press CTRL-C")
    t.kill(signal.SIGTERM)
    assert t.wait() == 128 + signal.SIGTERM


def test_editing_a_line_that_is_longer_than_a_row(sluice):
    words = " ".join(n * c for n, c in enumerate("abcdefghijklmnop", 1))
    for keys, want in (("\x01XY", "XY" + words), ("\x01\x1bf\x1bf-", words.replace("bb", "bb-")), ("\x01\x1bf\x1bd\x1bd", words[:1] + words[8:]),
                       ("\x01\x04\x04\x04\x04", words[4:]), ("\x1bb\x7f\x7f\x7f", words[:-19] + words[-16:]),
                       ("\x01\x1bf\x1bf\x1bfqrstuvwxyz", words.replace("ccc", "cccqrstuvwxyz"))):
        t = sluice.shell(columns=40)
        start = len(t.raw)
        t.send(words + keys + "\x05!")  # the ! comes at the end of the line when all else is done
        while not t.raw[start:].endswith("!"):
            assert t.read(terminal.DEADLINE)
        shown = terminal.Screen("sluice> " + t.raw[start:], 40).lines()
        line = "sluice> " + want + "!"
        rows = [line[i:i + 40].rstrip() for i in range(0, len(line), 40)]
        assert shown[:len(rows)] == rows and not any(shown[len(rows):]), f"{keys!r}:\n" + "\n".join(shown)
        t.send("\x03")
        t.expect("^C\n", "sluice> ")
        leave(t)


def test_ctrl_d_within_a_statement(sluice):
    for lines, what in ((["SHOW"], "Syntax error at or near '<EOF>' at line 1:5"),
                        (["SHOW TABLES; SHOW STREAMS"], "1:26: Syntax Error\nmissing ';' at '<EOF>'"),
                        (["/* SHOW TABLES;", "SHOW STREAMS;"], "1:1: Syntax Error\nThe comment that starts here is not closed"),
                        (["SHOW TABLES;  /* SHOW"], "1:15: Syntax Error\nThe comment that starts here is not closed"),
                        (["SELECT 'a;", "b"], "1:8: Syntax Error\nThe string that starts here is not closed"),
                        (["SELECT `a;", "b"], "1:8: Syntax Error\nThe quoted name that starts here is not closed")):
        t = sluice.shell()
        for line in lines:
            t.line(line)
            t.expect("      > ")
        t.send("\x04")
        t.expect("What was entered is not finished, and nothing of it was run:\n", what, "^\n")
        assert t.wait() == 0
        assert "Table Name" not in t.text(), t.text()


def test_pasted_lines(sluice):
    t = sluice.shell()
    t.send("SHOW STREAMS;\rSHOW\rTABLES;\rexit\r")
    t.expect("Stream Name", "Table Name")
    assert t.wait() == 0


def test_tabs_in_pasted_text_complete_nothing(sluice):
    t = sluice.shell()
    run(t, EVENTS)
    t.send("CREATE STREAM b (\r\titem VARCHAR,\r\tdesc\tINT)\r WITH (\r\tkafka_topic='b', value_format='json', partitions=1);\r")
    shown = t.expect("Stream created", "sluice> ")
    assert "KEY_FORMAT" not in shown, shown
    t.line("DESCRIBE b;")
    t.expect(" ITEM ", " DESC ", "sluice> ")
    leave(t)
