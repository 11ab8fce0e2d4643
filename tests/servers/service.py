# SPDX-License-Identifier: Apache-2.0
"""Processes of one service on a real broker, for the tests beside this file: shells at a terminal, headless servers, a feeder
(another service, which writes inputs), and Kafka's own tools. Everything is waited for by what it shows, up to a limit."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import terminal

SRC = pathlib.Path(__file__).resolve().parents[2]
BOOTSTRAP = os.environ["KAFKA_BOOTSTRAP"]
UNIQUE = f"{os.getpid()}x{int(time.time())}"
HOST = socket.gethostname()
PROMPT = "sluice> "


def name(what):
    return f"{what}{UNIQUE}"


def until(what, look, seconds=terminal.DEADLINE):
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)


def properties(**values):
    return [w for k, v in values.items() for w in ("--property", f"{k.replace('_', '.')}={v}")]


def exactly_once(**values):
    return properties(processing_guarantee="exactly_once_v2", **values)


# ---- Kafka's tools ----

def tool(name_, *args, input=None, server=BOOTSTRAP):
    r = subprocess.run([SRC / "scripts/kafka", "tool", name_, "--bootstrap-server", server, *args], input=input, text=True,
                       capture_output=True, timeout=terminal.DEADLINE)
    assert r.returncode == 0 or name_ == "console-consumer", f"{name_} {args}: {r.stdout}{r.stderr}"
    return r.stdout


def produce(topic, lines):
    """key TAB value, by Kafka's console producer."""
    tool("console-producer", "--topic", topic, "--reader-property", "parse.key=true", input="".join(f"{x}\n" for x in lines))


def committed(topic, *more, server=BOOTSTRAP):
    """[key, value] of each record that a reader of committed records sees, up to the end."""
    out = tool("console-consumer", "--topic", topic, "--from-beginning", "--timeout-ms", "8000", "--isolation-level",
               "read_committed", "--formatter-property", "print.key=true", *more, server=server)
    return [line.split("\t", 1) for line in out.splitlines() if "\t" in line]


def by_key(records, member):
    """The sequence of a member's values, for each key."""
    found = {}
    for key, value in records:
        found.setdefault(key, []).append(json.loads(value)[member])
    return found


# ---- brokers ----

class Broker:
    """A broker of the test's own, which it may kill, and hold."""

    def __init__(self, sluice, what="broker"):
        self.dir = os.path.join(sluice.home, what)
        self.start()

    def script(self, *args):
        r = subprocess.run([SRC / "scripts/kafka", "--dir", self.dir, "--heap", "256m", *args], text=True, capture_output=True,
                           timeout=120)
        assert r.returncode == 0, f"kafka {args}: {r.stdout}{r.stderr}"
        return r.stdout.strip()

    def start(self):
        self.address = self.script("start", "--keep").splitlines()[0]

    def kill(self):
        self.script("kill")

    def signal(self, sig):
        os.kill(int(pathlib.Path(self.dir, "pid").read_text().split()[0]), sig)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.signal(signal.SIGCONT)
        except (OSError, ValueError):
            pass
        self.script("stop", "--discard")


class Held:
    """A transaction of somebody else's, open until `end`: positions of a group are in it, or, without one, records."""

    def __init__(self, sluice, what, topic, partitions, group="", server=BOOTSTRAP, timeout_ms=60000):
        program = os.path.join(os.environ.get("BUILD", SRC), "tests/kafka/test_broker")
        env = dict(os.environ, KAFKA_BOOTSTRAP=server)
        self.p = subprocess.Popen([program, "hold", what, topic, str(partitions), group, str(timeout_ms)], env=env, text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = ""
        while not said.endswith("open\n"):
            line = self.p.stdout.readline()
            assert line, said
            said += line

    def end(self, abort=True):
        """abort: properly; else as a process that dies: it stays open until it times out."""
        out, _ = self.p.communicate("abort\n" if abort else "", timeout=terminal.DEADLINE)
        assert self.p.returncode == 0, out


# ---- processes ----

class Shell:
    """A shell of the service at a terminal, which goes on behind errors."""

    def __init__(self, sluice, service, *args, server=BOOTSTRAP):
        self.t = sluice.shell("--output", "json", "--bootstrap-server", server, "--service-id", service, *args, columns=4000)
        self.pid = self.t.pid
        self.greeting = self.t.text()

    def ask(self, sql):
        self.t.line(sql)
        self.t.expect("\n")
        return self.t.expect(PROMPT)

    def entities(self, sql):
        text = self.ask(sql)
        assert text.startswith("["), f"{sql}\n{text}"
        return json.loads(text)

    def done(self, sql):
        found = self.entities(sql)
        assert found[0]["@type"] != "currentStatus" or found[0]["commandStatus"]["status"] == "SUCCESS", found
        return found[0]

    def sources(self):
        return sorted(s["name"] for kind in ("STREAMS", "TABLES") for s in self.entities(f"SHOW {kind};")[0][kind.lower()])

    def queries(self):
        return {q["id"]: q for q in self.entities("SHOW QUERIES;")[0]["queries"]}

    def pull(self, sql):
        """Rows, or the text of the refusal."""
        text = self.ask(sql)
        rows = [json.loads(row) for row in re.findall(r'^  "columns" : (\[.*\])$', text, re.M)]
        return rows if '"queryId"' in text else text

    def leave(self):
        self.t.line("exit")
        assert self.t.wait() == 0, self.t.text()

    def kill(self, sig=signal.SIGKILL):
        self.t.kill(sig)


class Server:
    """A headless server; what it tells on standard error is in self.log()."""
    count = 0

    def __init__(self, sluice, service, file, *args, server=BOOTSTRAP, wait=True):
        Server.count += 1
        self.path = pathlib.Path(sluice.home, f"log{Server.count}")
        with open(self.path, "w") as log:
            self.p = sluice.start("server", "--queries-file", file, "--bootstrap-server", server, "--service-id", service, *args,
                                  stdout=subprocess.PIPE, stderr=log)
        if wait:
            self.ready()

    def ready(self):
        line = self.p.stdout.readline()
        assert " is ready: " in line, line + self.log()

    def log(self):
        return self.path.read_text()

    def heard(self, pattern, behind=0):
        """Waits for a line; where it ends."""
        return until(f"{pattern} in the log", lambda: (m := re.compile(pattern).search(self.log(), behind)) and m.end())

    def slots(self):
        """As it told last."""
        told = re.findall(r"has (\d+) of 64 slots now", self.log())
        return int(told[-1]) if told else 0

    def restored(self, behind=0):
        """partition -> records, of the restores that it told of."""
        found = re.findall(r"partition (\d+): restored (\d+) records", self.log()[behind:])
        return {int(p): int(n) for p, n in found}

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        out, _ = self.p.communicate(timeout=terminal.DEADLINE)
        assert self.p.returncode == 0 and out == "Sluice stopped on SIGTERM; all is committed.\n", (self.p.returncode, out, self.log())

    def kill(self, sig=signal.SIGKILL):
        self.p.send_signal(sig)
        if sig == signal.SIGKILL:
            self.p.wait(timeout=terminal.DEADLINE)


class Feeder(Shell):
    """Another service, in which a stream over the input topic is declared."""

    def __init__(self, sluice, topic):
        super().__init__(sluice, name("feeder"))
        self.topic = topic
        self.done(input_stream(topic))

    def insert(self, rows):
        text = self.ask(" ".join(f"INSERT INTO {self.topic} VALUES ('{k}', {n});" for k, n in rows))
        assert not text.strip(), text


def input_stream(topic, partitions=8):
    return f"CREATE STREAM {topic} (k VARCHAR KEY, n INT) WITH (kafka_topic='{topic}', value_format='json', partitions={partitions});"


def counting(topic):
    return (f"CREATE TABLE c{topic} WITH (kafka_topic='c{topic}') AS SELECT k, COUNT(*) AS c, SUM(n) AS s FROM {topic} GROUP BY k;")


EARLIEST = "SET 'auto.offset.reset' = 'earliest';"


def queries_file(sluice, topic, more=""):
    return sluice.file("q.sql", f"{EARLIEST}\n{more}{input_stream(topic)}\n{counting(topic)}\n")
