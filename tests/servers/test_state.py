# SPDX-License-Identifier: Apache-2.0
"""State of a service's processes: where it comes from after an end, a loss, a death, with standby copies and without; directories
that are another's."""
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import (BOOTSTRAP, EARLIEST, SRC, Server, Shell, by_key, committed, counting, exactly_once, input_stream, name,  # noqa: E402
                     produce, properties, queries_file, tool, until)
import subprocess  # noqa: E402

import terminal  # noqa: E402

MANY = 300000  # keys: a state that takes a while to restore
SOME = 2000


def fill(topic, keys, n=1, partitions=8):
    if n == 1:
        tool("topics", "--create", "--topic", topic, "--partitions", str(partitions))
    produce(topic, (f'k{i}\t{{"N":{n}}}' for i in range(keys)))


def lag(service, query):
    """Records that the query has not read, or None where its group does not tell."""
    out = tool("consumer-groups", "--describe", "--group", f"_confluent-ksql-{service}query_{query}")
    lags = [line.split()[5] for line in out.splitlines() if line.startswith("_confluent") and len(line.split()) > 5]
    return sum(map(int, lags)) if lags and all(x.isdigit() for x in lags) else None


def wait_read(service, query):
    until(f"{query} has read all", lambda: lag(service, query) == 0)


def test_state_is_kept_replayed_or_rebuilt(sluice):
    me, topic = name("kept"), name("some")
    query = f"CTAS_C{topic}_0".upper()
    file = queries_file(sluice, topic)
    options = exactly_once(commit_interval_ms=200)
    fill(topic, SOME)
    a = Server(sluice, me, file, "-d", "a", *options)
    wait_read(me, query)
    a.stop()
    a = Server(sluice, me, file, "-d", "a", *options)  # what is here is all there is
    until("all of the work", lambda: a.slots() == 64)
    fill(topic, 10, n=2)
    wait_read(me, query)
    assert not a.restored(), a.log()
    a.kill()  # all is committed, so there is at most the last commit to replay
    a = Server(sluice, me, file, "-d", "a", *options)
    fill(topic, 10, n=3)
    wait_read(me, query)
    assert sum(a.restored().values()) <= 30, a.log()
    a.stop()
    a = Server(sluice, me, file, "-d", "new", *options)  # a directory that is lost
    until("all of it is rebuilt", lambda: len(a.restored()) == 8)
    assert sum(a.restored().values()) >= SOME, a.log()
    fill(topic, 10, n=4)
    wait_read(me, query)
    a.stop()
    counts = {k: v[-1] for k, v in by_key(committed("c" + topic), "C").items()}
    assert counts == {f"k{i}": 4 if i < 10 else 1 for i in range(SOME)}


def test_progress_of_a_restore(sluice):
    me, topic = name("progress"), name("big")
    fill(topic, MANY)
    a = Shell(sluice, me, "-d", "a")
    a.ask(EARLIEST)
    a.done(input_stream(topic))
    query = a.done(counting(topic))["commandStatus"]["queryId"]
    wait_read(me, query)
    a.kill()
    a.t.wait()
    b = Shell(sluice, me, "-d", "b", *properties(session_timeout_ms=3000))

    def restoring():
        text = b.ask(f"SHOW QUERIES; EXPLAIN {query};")
        return text.count("restoring its state: ") >= 2 and "records left, about" in text
    until("SHOW QUERIES and EXPLAIN tell of the restore", restoring)
    until("it ends", lambda: "reason" not in b.queries()[query])
    assert b.pull(f"SELECT k, c FROM c{topic} WHERE k = 'k{MANY - 1}';") == [[f"k{MANY - 1}", 1]]
    b.leave()


def taken_over(sluice, standby):
    """Kills one of two servers; how many records of the state the other restored."""
    me, topic = name(f"standby{standby}"), name(f"warm{standby}")
    file = queries_file(sluice, topic)
    options = exactly_once(commit_interval_ms=200, session_timeout_ms=3000, ksql_streams_num_standby_replicas=standby)
    fill(topic, SOME)
    query = f"CTAS_C{topic}_0".upper()
    a = Server(sluice, me, file, "-d", f"a{standby}", *options)
    wait_read(me, query)
    b = Server(sluice, me, file, "-d", f"b{standby}", *options)
    until("half of the work each", lambda: [s.slots() for s in (a, b)] == [32, 32])
    until("b has its half", lambda: len(b.restored()) == 4)
    if standby:
        until("b has copies of the other half", lambda: b.log().count("a copy of its state stands by") == 4)
    behind = len(b.log())
    a.kill(signal.SIGKILL)
    b.heard("has 64 of 64 slots now", behind)
    fill(topic, SOME, n=2)
    wait_read(me, query)
    restored = sum(b.restored(behind).values())
    b.stop()
    counts = {k: v[-1] for k, v in by_key(committed("c" + topic), "C").items()}
    assert counts == {f"k{i}": 2 for i in range(SOME)}
    return restored


def test_a_standby_copy_takes_over_at_once(sluice):
    without, with_copies = taken_over(sluice, 0), taken_over(sluice, 1)
    print(f"records restored by who took over: {without}; with a standby copy: {with_copies}")
    assert without >= SOME / 4, without
    assert with_copies <= SOME / 20, (without, with_copies)


def refused(sluice, directory, *args):
    r = sluice.run("-d", directory, *args, "-e", "SHOW STREAMS;")
    assert r.returncode == 2 and r.stdout == "", (r.returncode, r.stdout, r.stderr)
    return r.stderr


def test_a_directory_of_another_is_refused(sluice):
    me, kafka = name("home"), ["--bootstrap-server", BOOTSTRAP]
    assert sluice.run(*kafka, "--service-id", me, "-d", "a", "-e", "SHOW STREAMS;").returncode == 0
    cluster = refused(sluice, "a", *kafka, "--service-id", "other")
    assert f"'a' holds the state of service {me} on Kafka cluster " in cluster, cluster
    assert "it cannot hold the state of service other on Kafka cluster " in cluster, cluster
    assert "it cannot hold topics and state without Kafka: give each a directory of its own" in refused(sluice, "a")
    assert sluice.run("-d", "b", "-e", "SHOW STREAMS;").returncode == 0
    assert "'b' holds topics and state without Kafka; " in refused(sluice, "b", *kafka)
    broker = [SRC / "scripts/kafka", "--dir", os.path.join(sluice.home, "cluster"), "--heap", "256m"]
    started = subprocess.run([*broker, "start"], capture_output=True, text=True, timeout=terminal.DEADLINE)
    try:
        assert started.returncode == 0, started.stderr
        text = refused(sluice, "a", "--bootstrap-server", started.stdout.strip(), "--service-id", me)
        assert f"'a' holds the state of service {me} on Kafka cluster " in text, text
    finally:
        subprocess.run([*broker, "stop", "--discard"], timeout=terminal.DEADLINE)
    assert sluice.run(*kafka, "--service-id", me, "-d", "a", "-e", "SHOW STREAMS;").returncode == 0
