# SPDX-License-Identifier: Apache-2.0
"""The headless server on Kafka: what it counts is right whichever server counts it, with its state and without; and what a
shell there says of itself. Stage 86-kafka-server runs it."""
import os
import re
import signal
import subprocess
import time

import terminal
from test_scripts import EARLIEST, check

BOOTSTRAP = os.environ["KAFKA_BOOTSTRAP"]
UNIQUE = f"{os.getpid()}x{int(time.time())}"


def script(topic):
    return (EARLIEST + f"CREATE STREAM {topic} (who VARCHAR KEY, n INT) WITH (kafka_topic='{topic}', value_format='json', "
            f"partitions=4);\nCREATE TABLE s{topic} AS SELECT who, SUM(n) AS total FROM {topic} GROUP BY who;\n")


def serve(sluice, service, *args):
    p = sluice.start("server", "--queries-file", "q.sql", "--bootstrap-server", BOOTSTRAP, "--service-id", service,
                     "--property", "processing.guarantee=exactly_once_v2", "--property", "commit.interval.ms=100", *args,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = p.stdout.readline()
    assert f" is ready: 1 query of q.sql, service {service}, Kafka at {BOOTSTRAP}, state in " in line, line + p.stderr.read()
    return p


def stop(p):
    p.send_signal(signal.SIGTERM)
    out, err = p.communicate()
    assert p.returncode == 0 and out == "Sluice stopped on SIGTERM; all is committed.\n", (p.returncode, out, err)


class Feeder:
    """Another service, which writes the input and reads the output."""

    def __init__(self, sluice, topic):
        self.sluice, self.topic = sluice, topic
        self.args = ["--bootstrap-server", BOOTSTRAP, "--service-id", "feeder" + topic]
        self.run("-e", script(topic).splitlines()[1])

    def run(self, *args):
        return check(self.sluice.run(*self.args, *args), 0)

    def insert(self, *rows):
        self.run("-e", "".join(f"INSERT INTO {self.topic} VALUES ('{who}', {n});" for who, n in rows))

    def totals(self, count):
        """The first records of the table's topic: a list for each key."""
        r = self.run("-e", f"PRINT S{self.topic.upper()} FROM BEGINNING LIMIT {count};", "--timeout", "15")
        found = {}
        for who, total in re.findall(r'key: (\w+), value: \{"TOTAL":(\d+)\}', r.stdout):
            found.setdefault(who, []).append(int(total))
        return found


def test_state_is_kept_or_restored(sluice):
    topic = "kept" + UNIQUE
    sluice.file("q.sql", script(topic))
    feeder = Feeder(sluice, topic)
    feeder.insert(("bob", 1), ("ann", 2))
    for i, state in enumerate((["-d", "state"], ["-d", "state"], ["-d", "new"], [])):
        p = serve(sluice, topic, *state)
        wanted = {"bob": [int("1" * (k + 1)) for k in range(i + 1)], "ann": [2]}
        found = feeder.totals(2 + i)
        assert found == wanted, (state, found, wanted)
        stop(p)
        feeder.insert(("bob", 10 ** (i + 1)))


def test_two_servers_share_the_work(sluice):
    topic = "shared" + UNIQUE
    sluice.file("q.sql", script(topic))
    feeder = Feeder(sluice, topic)
    keys = [f"k{i}" for i in range(20)]
    a = serve(sluice, topic, "-d", "a")
    feeder.insert(*((k, 1) for k in keys))
    assert feeder.totals(20) == {k: [1] for k in keys}
    b = serve(sluice, topic, "-d", "b")
    feeder.insert(*((k, 2) for k in keys))
    assert feeder.totals(40) == {k: [1, 3] for k in keys}
    stop(a)
    feeder.insert(*((k, 4) for k in keys))
    assert feeder.totals(60) == {k: [1, 3, 7] for k in keys}
    stop(b)


def test_a_shell_tells_where_it_runs(sluice):
    t = sluice.shell("--bootstrap-server", BOOTSTRAP, "--service-id", "told" + UNIQUE, "-d", "state", columns=200)
    assert f"Topics are in Kafka at {BOOTSTRAP}, state is in state." in t.text(), t.text()
    t.line("server")
    t.expect(f"in this process, topics in Kafka at {BOOTSTRAP}, state in state\n", "sluice> ")
    t.line("exit")
    assert t.wait() == 0


def test_ctrl_c_while_no_broker_answers_ends_the_line(sluice):
    t = terminal.Terminal([sluice.program, "--bootstrap-server", "127.0.0.1:1"], env=sluice.env, cwd=sluice.home)
    sluice.terminals.append(t)
    t.expect("Trying again until it answers; Ctrl-C ends this.\n")
    t.send("\x03")
    assert t.wait() == 130, t.status
    assert t.text().endswith("\n"), t.text()


def test_a_service_is_of_one_kind(sluice):
    """A shell among headless servers, or one of these among shells, would have slots and not know the queries in them."""
    shells, topic = "shells" + UNIQUE, "kind" + UNIQUE
    shell = ["--bootstrap-server", BOOTSTRAP, "-e", "SHOW STREAMS;", "--service-id"]
    sluice.file("q.sql", script(topic))
    check(sluice.run(*shell, shells), 0)
    check(sluice.run("server", "--queries-file", "q.sql", "--bootstrap-server", BOOTSTRAP, "--service-id", shells), 2, None, [
        f"Service '{shells}' is not one of headless servers: its statements are in topic '_confluent-ksql-{shells}_command_topic'\n",
        "hint: --service-id names another service\n"])
    first = serve(sluice, topic)
    refused = [f"Service '{topic}' is one of headless servers: its statements are in their file\n",
               f"no server of it runs and topic '_confluent-ksql-{topic}_slots' is deleted\n"]
    check(sluice.run(*shell, topic), 2, None, refused)
    stop(first)
    check(sluice.run(*shell, topic), 2, None, refused)
    stop(serve(sluice, topic))


def test_partitions_that_are_added(sluice):
    # The stream goes on where it was, the table is rebuilt from the beginning: also over a directory that knows nothing of it.
    topic = "wide" + UNIQUE
    tool = [os.path.join(os.environ["SRC"], "scripts", "kafka"), "tool", "topics", "--bootstrap-server", BOOTSTRAP]
    source = f"CREATE STREAM {topic} (who VARCHAR KEY, n INT) WITH (kafka_topic='{topic}', value_format='json', partitions=1);\n"
    later = source.replace(", partitions=1", "")
    sluice.file("q.sql", EARLIEST + later + f"CREATE STREAM c{topic} AS SELECT who, n FROM {topic};\n"
                f"CREATE TABLE s{topic} AS SELECT who, SUM(n) AS total FROM {topic} GROUP BY who;\n")
    feeder = ["--bootstrap-server", BOOTSTRAP, "--service-id", "feeder" + topic]

    def insert(n):
        rows = "".join(f"INSERT INTO {topic} VALUES ('k{i}', {n});" for i in range(8))
        check(sluice.run(*feeder, "-e", rows), 0)

    def rows_of(out, count):
        r = check(sluice.run(*feeder, "--timeout", "20", "-e", f"PRINT {out}{topic.upper()} FROM BEGINNING LIMIT {count};"), 0)
        return sorted(re.findall(r'key: (\w+), value: \{"\w+":(\d+)\}', r.stdout))

    check(sluice.run(*feeder, "-e", source), 0)
    for i, directory in enumerate(("state", "state", "another")):
        insert(10 ** i)
        p = sluice.start("server", "--queries-file", "q.sql", "--bootstrap-server", BOOTSTRAP, "--service-id", topic,
                         "--property", "processing.guarantee=exactly_once_v2", "--property", "commit.interval.ms=100", "-d", directory,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert " is ready: 2 queries" in p.stdout.readline(), p.stderr.read()
        copied = rows_of("C", 8 * (i + 1))
        assert copied == sorted((f"k{k}", str(10 ** e)) for k in range(8) for e in range(i + 1)), copied
        if i < 2: # a key that stayed in its partition has one row there, one that moved a second in its new partition
            r = sluice.run(*feeder, "--timeout", "3", "-e", f"PRINT S{topic.upper()} FROM BEGINNING;")
            totals = {f"k{k}": [] for k in range(8)}
            for key, total in re.findall(r'key: (\w+), value: \{"TOTAL":(\d+)\}', r.stdout):
                totals[key].append(int(total))
            assert all(t[0] == 1 and sorted(set(t[1:])) in ([[]], [[11], [1, 11], [1, 10]])[i] for t in totals.values()), totals
        p.send_signal(signal.SIGTERM)
        _, err = p.communicate()
        assert ("is rebuilt from the beginning of its input" in err) == (i > 0), (i, err)
        assert "ERROR" not in err, err
        if i < 2:
            subprocess.run([*tool, "--alter", "--topic", topic, "--partitions", str(3 + i)], check=True, capture_output=True)
    r = check(sluice.run(*feeder, "--timeout", "2", "-e", f"PRINT C{topic.upper()} FROM BEGINNING;"), 0)
    assert len(re.findall("key: ", r.stdout)) == 24, r.stdout
