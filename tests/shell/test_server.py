# SPDX-License-Identifier: Apache-2.0
"""Configuration on the command line, and the headless server: what it takes, says and keeps."""
import json
import re
import signal
import subprocess

from test_scripts import EARLIEST, check

CREATE = "CREATE STREAM events (who VARCHAR KEY, n INT) WITH (kafka_topic='events', value_format='json', partitions=1);\n"
SUMS = "CREATE TABLE sums AS SELECT who, SUM(n) AS total FROM events GROUP BY who;\n"


def serve(sluice, *args):
    """A server that said that it is ready."""
    p = sluice.start("server", *args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = p.stdout.readline()
    assert " is ready: " in line, line + p.stderr.read()
    return p, line


def stop(p, how=signal.SIGTERM):
    p.send_signal(how)
    out, err = p.communicate()
    assert p.returncode == 0, (p.returncode, err)
    return out, err


# ---- configuration ----

def test_properties_files_and_the_command_line(sluice):
    sluice.file("a.properties", "# defaults\nksql.streams.commit.interval.ms=100\nauto.offset.reset = earliest\n"
                "processing.guarantee : exactly_once_v2\n")
    sluice.file("b.properties", "commit.interval.ms=200\nnum.stream.threads=2\n")
    r = check(sluice.run("--config", "a.properties", "--config", "b.properties", "--property", "num.stream.threads=3",
                         "--output", "json", "-e", "SET 'auto.offset.reset'='latest'; SHOW PROPERTIES;"), 0)
    entity = json.loads(r.stdout)
    entity = entity[0] if isinstance(entity, list) else entity
    values = {p["name"]: p["value"] for p in entity["properties"]}
    assert values["ksql.streams.commit.interval.ms"] == "200", values
    assert values["ksql.streams.num.stream.threads"] == "3", values
    assert values["ksql.streams.processing.guarantee"] == "exactly_once_v2", values
    assert values["ksql.streams.auto.offset.reset"] == "latest", values


def test_values_of_the_server_hold_for_statements(sluice):
    sluice.file("a.properties", "auto.offset.reset=earliest\n")
    check(sluice.run("--config", "a.properties", "-e", CREATE + "INSERT INTO events VALUES ('bob', 1);"
                     "SELECT * FROM events EMIT CHANGES LIMIT 1;"), 0, "|bob")


def test_names_that_are_not_known_are_warned_of(sluice):
    sluice.file("a.properties", "\ncommit.intervall.ms=1\nlisteners=http://0.0.0.0:8088\n")
    check(sluice.run("--config", "a.properties", "-e", "SHOW TABLES;"), 0, "Table Name",
          ["warning: a.properties:2: 'commit.intervall.ms' is not a known property; did you mean 'commit.interval.ms'?\n",
           "warning: a.properties:3: 'listeners' has no effect here\n"])


def test_values_that_cannot_be_end_it(sluice):
    sluice.file("a.properties", "# one\ncommit.interval.ms=soon\n")
    check(sluice.run("--config", "a.properties", "-e", "SHOW TABLES;"), 2, None,
          "sluice: a.properties:2: Invalid value soon for configuration commit.interval.ms: Not a number of type LONG\n")
    check(sluice.run("--config", "none.properties"), 2, None, "cannot read 'none.properties': No such file or directory")
    check(sluice.run("--property", "num.stream.threads=0"), 2, None,
          "--property: Invalid value 0 for configuration num.stream.threads: Value must be at least 1")
    check(sluice.run("--property", "x"), 2, None, "--property takes NAME=VALUE")
    check(sluice.run("--service-id", "a b"), 2, None, "--service-id: Invalid value a b for configuration ksql.service.id")
    check(sluice.run("--bootstrap-server", "localhost"), 2, None,
          ["--bootstrap-server: Invalid url in bootstrap.servers: localhost", "HOST:PORT"])


def test_settings_that_the_client_of_kafka_refuses_end_it_before_it_connects(sluice):
    for value in ("1", "3", "3600001"):
        check(sluice.run("--bootstrap-server", "127.0.0.1:9", "--property", f"session.timeout.ms={value}"), 2, None,
              f"sluice: --property: Invalid value {value} for configuration session.timeout.ms: a number from 1")
    sluice.file("a.properties", "bootstrap.servers=127.0.0.1:9\nlinger.ms=-1\n")
    check(sluice.run("--config", "a.properties"), 2, None,
          "sluice: a.properties:2: Invalid value -1 for configuration linger.ms: a number from 0 to 900000 is wanted\n")
    sluice.file("b.properties", "bootstrap.servers=127.0.0.1:9\n\nheartbeat.interval.ms=20000\n")
    check(sluice.run("--config", "b.properties"), 2, None,
          "sluice: b.properties:3: Invalid value 20000 for configuration heartbeat.interval.ms: it must be lower than "
          "session.timeout.ms, which is 10000\n")


def test_service_id(sluice):
    r = check(sluice.run("--service-id", "shop", "-d", "data", "-e", CREATE + "SHOW ALL TOPICS;"), 0,
              "_confluent-ksql-shop_command_topic")
    assert "default_" not in r.stdout, r.stdout


def test_secrets_are_never_shown(sluice):
    sluice.file("a.properties", "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=alice\n"
                "sasl.password=topsecret-1\nssl.key.password=topsecret-2\nssl.keystore.password=topsecret-3\n"
                "sasl.jaas.config=x.PlainLoginModule required username=\"alice\" password=\"topsecret-4\";\n")
    r = sluice.run("--config", "a.properties", "-e", "SHOW PROPERTIES; SET 'sasl.password'='mine'; ")
    assert "topsecret" not in r.stdout + r.stderr, r.stdout + r.stderr
    sluice.file("b.properties", "bootstrap.servers=localhost:9\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=NOSUCH\n"
                "sasl.password=topsecret-1\nsasl.jaas.config=x.PlainLoginModule required password=\"topsecret-4\";\n")
    r = check(sluice.run("--config", "b.properties", "-e", "SHOW TABLES;"), 2, None, "b.properties:3: ")
    assert "topsecret" not in r.stdout + r.stderr, r.stdout + r.stderr


def test_clients_cannot_set_connections(sluice):
    for name in ("bootstrap.servers", "ssl.ca.location", "ksql.streams.producer.ssl.key.password", "ksql.service.id"):
        check(sluice.run("-e", f"SET '{name}'='x';"), 1, None, f"Cannot override property '{name}'")
    for name in ("sasl.password", "plugin.library.paths", "ksql.streams.linger.ms"):
        check(sluice.run("-e", f"SET '{name}'='x';"), 1, None, f"Unknown property: {name}")


# ---- headless ----

def totals(sluice, feeder, wanted):
    """Lets a server work until the last total is the wanted one: all totals then. The directory has one process at a time."""
    for attempt in range(40):
        p, line = serve(sluice, "--queries-file", "q.sql", "-d", "data")
        assert re.search(r": 1 query of q\.sql, service default_, topics in data\.\n$", line), line
        try:
            p.wait(0.05 * attempt)
        except subprocess.TimeoutExpired:
            pass
        out, err = stop(p, signal.SIGTERM if attempt % 2 else signal.SIGINT)
        assert out == f"Sluice stopped on {'SIGTERM' if attempt % 2 else 'SIGINT'}; all is committed.\n", out
        assert err == "", err
        r = check(sluice.run(*feeder, "-e", "PRINT SUMS FROM BEGINNING;", "--timeout", "0.3"), 0)
        found = [int(v) for v in re.findall(r'"TOTAL":(\d+)', r.stdout)]
        if found and found[-1] == wanted:
            return found
    raise AssertionError(f"the total is never {wanted}: {found}")


def test_headless_goes_on_where_it_stopped(sluice):
    sluice.file("q.sql", EARLIEST + CREATE + SUMS)
    feeder = ["-d", "data", "--service-id", "feeder"]
    check(sluice.run(*feeder, "-e", CREATE + "INSERT INTO events VALUES ('bob', 1);"), 0, "Stream created")
    assert totals(sluice, feeder, 1) == [1]
    check(sluice.run(*feeder, "-e", "INSERT INTO events VALUES ('bob', 10);"), 0)
    assert totals(sluice, feeder, 11) == [1, 11]


def test_headless_takes_its_file_from_the_configuration(sluice):
    sluice.file("q.sql", CREATE + SUMS + "CREATE STREAM big AS SELECT * FROM events WHERE n > 10;\n")
    sluice.file("s.properties", "ksql.queries.file=q.sql\nksql.service.id=shop\nksql.streams.state.dir=data\n")
    p, line = serve(sluice, "s.properties")
    assert line.endswith(": 2 queries of q.sql, service shop, topics in data.\n"), line
    stop(p)


def test_headless_refuses(sluice):
    rows = [
        (CREATE, ["The SQL file does not contain any persistent queries. i.e. it contains no 'INSERT INTO', 'CREATE TABLE x AS "
                  "SELECT' or 'CREATE STREAM x AS SELECT' style statements."]),
        (CREATE + "DROP STREAM events;\n" + SUMS,
         ["q.sql:2:1: Unsupported statement. Only the following statements are supporting in standalone mode:\n", "\nINSERT INTO\n"]),
        (CREATE + SUMS + "INSERT INTO events VALUES ('a', 1);", ["q.sql:3:1: Unsupported statement."]),
        (CREATE + SUMS + "SELECT * FROM sums;", ["q.sql:3:1: Unsupported statement."]),
        ("CREATE STREAM s WITH (kafka_topic='s', value_format='json', partitions=1);\n" + CREATE + SUMS,
         ["q.sql:1:1: statement does not define the schema and the supplied format does not support schema inference"]),
        (CREATE + SUMS + "\nCREATE STREAM b AS SELECT nosuch FROM events;", ["q.sql:4:", "NOSUCH", "cannot be resolved"]),
        (CREATE + "SET 'sasl.password'='x';" + SUMS, ["q.sql:2:1: Unknown property: sasl.password"]),
        (CREATE + SUMS + "\nCREATE STREAM", ["q.sql:4:"]),
    ]
    for sql, wanted in rows:
        sluice.file("q.sql", sql)
        check(sluice.run("server", "--queries-file", "q.sql", "-d", "refused"), 1, None, wanted)
    r = check(sluice.run("-d", "refused", "-e", "SHOW TOPICS;"), 0)
    assert "events" not in r.stdout and "SUMS" not in r.stdout, r.stdout


def test_headless_arguments(sluice):
    check(sluice.run("server", "--queries-file", "none.sql"), 2, None, "cannot read 'none.sql'")
    check(sluice.run("server"), 2, None, "not supported yet: sluice server without --queries-file")
    check(sluice.run("server", "--queries-file", "q.sql", "-e", "SHOW TABLES;"), 2, None, "-e or -f is for a shell")
    check(sluice.run("--queries-file", "q.sql"), 2, None, "--queries-file goes with the command server")
    check(sluice.run("server", "--help"), 0, "Usage: sluice server")
    check(sluice.run("-d", "data", "-e", CREATE), 0, "Stream created")
    sluice.file("q.sql", CREATE + SUMS)
    check(sluice.run("server", "--queries-file", "q.sql", "-d", "data"), 2, None,
          "'data' holds statements of a shell; the queries of a file need a directory of their own")


def test_headless_directory_is_refused_to_a_shell(sluice):
    """Nothing of the refused shell is left: the headless server runs over the directory again."""
    sluice.file("q.sql", CREATE + SUMS)
    for _ in range(2):
        p, _ = serve(sluice, "--queries-file", "q.sql", "-d", "data")
        stop(p)
        check(sluice.run("-d", "data", "-e", CREATE), 2, None,
              "'data' holds the queries of a file, run by sluice server; the statements of a shell need a directory of their own")
    check(sluice.run("-d", "data", "--service-id", "other", "-e", "SHOW TABLES;"), 0, "Table Name")
