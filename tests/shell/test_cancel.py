# SPDX-License-Identifier: Apache-2.0
"""Work that takes long for each row, or for one statement: it ends soon when it is told to, and long lists cost what their length
says. The times allowed are many times what is needed, and a small part of what the work itself would take."""
import signal
import subprocess
import time

from test_scripts import check

EARLIEST = "SET 'auto.offset.reset'='earliest';"
SOURCE = EARLIEST + "CREATE STREAM s (k INT KEY, a INT, b VARCHAR) WITH (kafka_topic='s', value_format='json', partitions=1);"
# Some 0.1 s a row, for 600 rows of one batch.
SLOW = "REGEXP_EXTRACT('(x+x+)+y', LPAD(b, 30, 'x'))"
ROWS = "".join(f"INSERT INTO s VALUES ({i}, 1, 'b');" for i in range(600))
QUERIES = {"select": f"SELECT {SLOW} AS x FROM s EMIT CHANGES;", "where": f"SELECT a FROM s WHERE {SLOW} = 'x' EMIT CHANGES;",
           "bounded": f"SELECT {SLOW} AS x FROM s;"}
SOON = 5


def start(sluice, sql, *args):
    return subprocess.Popen([sluice.program, "-e", sql, *args], cwd=sluice.home, env=sluice.env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def test_slow_rows_end_at_a_signal(sluice):
    for name, query in QUERIES.items():
        for number, code in ((signal.SIGINT, 0), (signal.SIGTERM, 143)):
            p = start(sluice, SOURCE + ROWS + "SHOW TABLES;" + query)
            while "Table Name" not in p.stdout.readline():  # the query is next
                pass
            while "+--" not in p.stdout.readline():  # its heading
                pass
            p.send_signal(number)
            began = time.monotonic()
            p.communicate(timeout=60)
            assert time.monotonic() - began < SOON and p.returncode == code, (name, number, p.returncode)


def test_slow_rows_end_at_the_time_out(sluice):
    for name, query in QUERIES.items():
        began = time.monotonic()
        r = check(sluice.run("--timeout", "500ms", "-e", SOURCE + ROWS + query), 0, "Query terminated")
        assert time.monotonic() - began < SOON, (name, r.stdout[-200:])


def test_long_lists_are_read_in_time(sluice):
    keys = ",".join(f"'k{i}' := {i}" for i in range(30000))
    values = ",".join(str(i) for i in range(30000))
    began = time.monotonic()
    r = sluice.run(input=SOURCE + "INSERT INTO s VALUES (1, 1, 'b');"
                   f"SELECT ARRAY_LENGTH(MAP_KEYS(MAP({keys}))) AS x FROM s; SELECT a FROM s WHERE a IN ({values});"
                   f"SELECT ARRAY_LENGTH(ARRAY[{values}]) AS x FROM s;")
    check(r, 0, "30000")
    many = ",".join(f"a + {i}" for i in range(1001))
    r = sluice.run(input=SOURCE + f"CREATE TABLE t AS SELECT COUNT(*) AS n FROM s GROUP BY {many};")
    check(r, 1, "Stream created", "Too many expressions in GROUP BY: at most 1000")
    assert time.monotonic() - began < SOON


def test_a_small_stack_is_enough(sluice):
    chain = "+".join(["a"] * 1990)
    p = subprocess.run(["sh", "-c", 'ulimit -s 512; exec "$@"', "sh", sluice.program, "-e",
                        SOURCE + f"INSERT INTO s VALUES (1, 1, 'b'); SELECT {chain} AS x FROM s; CREATE STREAM o AS SELECT k, {chain} AS x "
                        f"FROM s; EXPLAIN SELECT {chain} AS x FROM s;"], cwd=sluice.home, env=sluice.env, capture_output=True, text=True)
    check(p, 0, ["|1990 ", "Created query with ID CSAS_O_1"])
