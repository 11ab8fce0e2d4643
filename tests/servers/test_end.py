# SPDX-License-Identifier: Apache-2.0
"""A process that is told to end does so within a few seconds, whatever its broker does, and nothing is lost by it."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import terminal  # noqa: E402
from service import (EARLIEST, Broker, Feeder, Held, Server, by_key, committed, exactly_once, input_stream, name, properties,  # noqa: E402
                     queries_file, until)

AS_IT_COMES = dict(commit_interval_ms=200, cache_max_bytes_buffering=0)
KEYS = [f"k{i}" for i in range(8)]
END_S = 7  # 5, and what a busy machine adds
GOOD = "Sluice stopped on SIGTERM; all is committed.\n"
LATE = "Sluice stopped on SIGTERM; what Kafka did not let it commit is read again at the next start.\n"


def ended(p, start, *out):
    """It ends in time, with exit code 0 and one of the outputs."""
    got, _ = p.communicate(timeout=terminal.DEADLINE)
    took = time.monotonic() - start
    assert took < END_S, f"it took {took:.1f} s to end"
    assert p.returncode == 0 and (not out or got in out), (p.returncode, got)


def end(servers):
    start = time.monotonic()
    for s in servers:
        s.p.send_signal(signal.SIGTERM)
    for s in servers:
        ended(s.p, start, GOOD, LATE)


class Counting:
    """A service for each guarantee, over one input; each round is a record for each key."""

    def __init__(self, sluice, broker):
        self.sluice, self.broker, self.topic, self.rounds = sluice, broker, name("end"), 0
        self.options = {"eo": exactly_once(**AS_IT_COMES), "al": properties(**AS_IT_COMES)}

    def start(self):
        servers = []
        for g, options in self.options.items():
            query = (f"CREATE TABLE {g}{self.topic} WITH (kafka_topic='{g}{self.topic}') AS SELECT k, COUNT(*) AS c "
                     f"FROM {self.topic} GROUP BY k;")
            file = self.sluice.file(g + ".sql", f"{EARLIEST}\n{input_stream(self.topic)}\n{query}\n")
            servers.append(Server(self.sluice, name(g), file, "-d", g, *options, server=self.broker.address))
        until("all of the work", lambda: [s.slots() for s in servers] == [64, 64])
        return servers

    def feed(self):
        self.rounds += 1
        sql = input_stream(self.topic) + "".join(f"INSERT INTO {self.topic} VALUES ('{k}', 1);" for k in KEYS)
        r = self.sluice.run("--bootstrap-server", self.broker.address, "--service-id", name(f"feed{self.rounds}"), "-e", sql)
        assert r.returncode == 0, r.stderr

    def counted(self):
        """Exactly once each count is there once; at least once the last is right all the same, since directories are kept."""
        found = {g: by_key(committed(g + self.topic, server=self.broker.address), "C") for g in self.options}
        last = {k: v[-1] for k, v in found["al"].items()}
        return found["eo"] == {k: list(range(1, self.rounds + 1)) for k in KEYS} and last == dict.fromkeys(KEYS, self.rounds)


def test_servers_end_while_the_broker_is_away(sluice):
    with Broker(sluice) as b:
        c = Counting(sluice, b)
        servers = c.start()
        c.feed()
        b.signal(signal.SIGSTOP)  # most likely with work that is not committed
        end(servers)
        b.signal(signal.SIGCONT)
        servers = c.start()
        c.feed()
        b.kill()
        end(servers)
        b.start()
        servers = c.start()
        c.feed()
        until("all rounds", c.counted, seconds=60)
        end(servers)


def test_a_script_ends_while_the_broker_is_away(sluice):
    with Broker(sluice) as b:
        topic = name("script")
        p = sluice.start("--bootstrap-server", b.address, "--service-id", name("script"), stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
        p.stdin.write(f"{input_stream(topic)}\nCREATE STREAM out{topic} AS SELECT * FROM {topic};\n"
                      f"INSERT INTO {topic} VALUES ('a', 1);\nSHOW QUERIES;\n")
        p.stdin.flush()
        for line in p.stdout:
            if f"CSAS_OUT{topic}".upper() in line.upper() and "RUNNING" in line:
                break
        b.signal(signal.SIGSTOP)
        ended(p, time.monotonic())


def test_what_a_transaction_holds_waits_alone(sluice):
    """Somebody else's open transaction holds the positions of one query: the other goes on, and the server ends in time."""
    me, topic = name("held"), name("positions")
    feeder = Feeder(sluice, topic)
    file = queries_file(sluice, topic)
    with open(file, "a") as f:
        f.write(f"CREATE STREAM copy{topic} WITH (kafka_topic='copy{topic}') AS SELECT * FROM {topic};\n")
    options = ("-d", "state", *exactly_once(ksql_streams_num_stream_threads=1, **AS_IT_COMES))
    server = Server(sluice, me, file, *options)
    feeder.insert((k, 1) for k in KEYS)
    until("the first round", lambda: len(committed("copy" + topic)) == len(committed("c" + topic)) == len(KEYS))
    server.stop()
    held = Held(sluice, name("holder"), topic, 8, f"_confluent-ksql-{me}query_CTAS_C{topic.upper()}_0")
    server = Server(sluice, me, file, *options)
    server.heard("query CTAS_.*the broker does not tell where group")
    feeder.insert((k, 2) for k in KEYS)
    until("the copy of both rounds", lambda: len(committed("copy" + topic)) == 2 * len(KEYS))
    assert len(committed("c" + topic)) == len(KEYS)
    end([server])
    server = Server(sluice, me, file, *options)
    server.heard("query CTAS_.*the broker does not tell where group")
    held.end()
    until("both rounds counted", lambda: by_key(committed("c" + topic), "S") == {k: [1, 3] for k in KEYS})
    server.stop()
