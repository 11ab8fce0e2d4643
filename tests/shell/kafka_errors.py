# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on Kafka, as a user sees it: brokers that are not there, passwords, rights, topics that are missing, other than
said, or deleted. Stage 86-kafka-errors runs it with a broker of `scripts/kafka start --secure`."""
import os
import re
import signal
import socket
import subprocess
import threading
import time

import terminal
from test_scripts import check

BOOTSTRAP = os.environ["KAFKA_BOOTSTRAP"]
SECURE, SSL, SASL_SSL = (os.environ.get(name) for name in ("KAFKA_SECURE", "KAFKA_SSL", "KAFKA_SASL_SSL"))
UNIQUE = f"{os.getpid()}x{int(time.time())}"
CREATE = "CREATE STREAM {0} (a INT) WITH (kafka_topic='{0}', value_format='json', partitions=1);"


def name(what):
    return f"{what}{UNIQUE}".lower()


def kafka(sluice, *args, service="errors", server=BOOTSTRAP, **how):
    return sluice.run("--bootstrap-server", server, "--service-id", name(service), *args, **how)


def user(who, password, server=None, **more):
    settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": who, "sasl.password": password}
    settings.update({k.replace("_", "."): v for k, v in more.items()})
    return ["--bootstrap-server", server or SECURE] + [w for k, v in settings.items() for w in ("--property", f"{k}={v}")]


class Deaf:
    """A listener that never answers, until it is told to pass what it gets on to the broker."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.held, self.passing, self.lock = [], False, threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                if not self.passing:
                    self.held.append(client)
                    continue
            self.join(client)

    def join(self, client):
        host, port = BOOTSTRAP.split(",")[0].rsplit(":", 1)
        broker = socket.create_connection((host, int(port)))
        for source, sink in ((client, broker), (broker, client)):
            threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pass_on(self):
        with self.lock:
            self.passing = True
            for client in self.held:
                client.close()

    def close(self):
        self.socket.close()
        for client in self.held:
            client.close()


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return "127.0.0.1:%d" % s.getsockname()[1]


def in_time(r):
    """It tried for 5 s at most, by its own word: what a busy machine adds does not count."""
    said = re.search(r"tried for (\d+\.\d) s", r.stderr)
    assert said and float(said.group(1)) <= 5.5, r.stderr
    return r


# ---- no broker ----

def test_nobody_listens(sluice):
    address = closed_port()
    r = in_time(sluice.run("--bootstrap-server", address, "-e", "SHOW TABLES;"))
    check(r, 2, None, [f"Could not connect to Kafka at {address} (PLAINTEXT, tried for ", "Connection refused"])
    assert r.stdout == "" and len(r.stderr.splitlines()) == 1, r.stderr


def test_nobody_answers(sluice):
    deaf = Deaf()
    try:
        r = in_time(sluice.run("--bootstrap-server", deaf.address, "-e", "SHOW TABLES;"))
        check(r, 2, None, f"Could not connect to Kafka at {deaf.address} (PLAINTEXT, tried for ")
    finally:
        deaf.close()


def test_a_host_that_has_no_address(sluice):
    r = in_time(sluice.run("--bootstrap-server", "no-such-host.invalid:9092", "-e", "SHOW TABLES;"))
    check(r, 2, None, ["Could not connect to Kafka at no-such-host.invalid:9092", "Failed to resolve"])


def test_a_shell_goes_on_trying(sluice):
    deaf = Deaf()
    t = terminal.Terminal([sluice.program, "--bootstrap-server", deaf.address, "--service-id", name("shell")], env=sluice.env,
                          cwd=sluice.home)
    try:
        t.expect(f"Could not connect to Kafka at {deaf.address}")
        t.expect("Trying again until it answers; Ctrl-C ends this.")
        deaf.pass_on()
        t.expect("Kafka answers now.")
        t.expect(f"Topics are in Kafka at {deaf.address}")
        t.expect("sluice> ")
        t.send("exit\n")
        assert t.wait() == 0
    finally:
        t.close()
        deaf.close()


def test_ctrl_c_ends_the_wait(sluice):
    deaf = Deaf()
    t = terminal.Terminal([sluice.program, "--bootstrap-server", deaf.address], env=sluice.env, cwd=sluice.home)
    try:
        t.expect("Trying again until it answers")
        t.send("\x03")
        assert t.wait() == 130
    finally:
        t.close()
        deaf.close()


def test_a_server_waits(sluice):
    deaf = Deaf()
    source = name("waits")
    sluice.file("q.sql", CREATE.format(source) + f"CREATE STREAM o{source} AS SELECT * FROM {source};")
    p = sluice.start("server", "--queries-file", "q.sql", "--bootstrap-server", deaf.address, "--service-id", name("server"),
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert f"Could not connect to Kafka at {deaf.address}" in p.stderr.readline()
        assert "Trying again" in p.stderr.readline()
        deaf.pass_on()
        assert "Kafka answers now." in p.stderr.readline()
        line = p.stdout.readline()
        assert re.search(rf" is ready: 1 query of q\.sql, service {name('server')}, Kafka at {deaf.address}, state in memory\.$",
                         line), line
        p.send_signal(signal.SIGTERM)
        out, _ = p.communicate()
        assert p.returncode == 0 and out == "Sluice stopped on SIGTERM; all is committed.\n", (p.returncode, out)
    finally:
        deaf.close()


def test_a_server_that_waits_can_be_stopped(sluice):
    sluice.file("q.sql", CREATE.format("a") + "CREATE STREAM b AS SELECT * FROM a;")
    p = sluice.start("server", "--queries-file", "q.sql", "--bootstrap-server", closed_port(), stderr=subprocess.PIPE)
    p.stderr.readline()
    p.send_signal(signal.SIGTERM)
    p.communicate()
    assert p.returncode == 0, p.returncode


# ---- who one is ----

def test_wrong_password(sluice):
    r = sluice.run(*user("alice", "topsecret"), "-e", "SHOW TABLES;")
    check(r, 2, None, [f"Kafka at {SECURE} refused the user name or password of 'alice' (PLAIN): ", "Authentication failed"])
    assert "topsecret" not in r.stderr + r.stdout, r.stderr


def test_a_listener_without_sasl(sluice):
    r = sluice.run(*user("alice", "alice-secret", BOOTSTRAP), "-e", "SHOW TABLES;")
    check(r, 2, None, [f"Kafka at {BOOTSTRAP} takes no authentication there, security.protocol is SASL_PLAINTEXT here: ",
                       "hint: name the port of a listener with SASL"])


def test_right_password(sluice):
    sluice.file("s.properties", f"bootstrap.servers={SECURE}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
                "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n"
                "  username=\"alice\" password=\"alice-secret\";\n")
    r = check(sluice.run("--config", "s.properties", "--service-id", name("alice"), "-e", "SHOW PROPERTIES; SHOW TOPICS;"), 0,
              "Kafka Topic")
    assert "alice-secret" not in r.stdout, r.stdout


def test_certificate_of_the_broker(sluice):
    show = ["--service-id", name("tls"), "-e", "SHOW TABLES;"]
    over = user("alice", "alice-secret", SASL_SSL, security_protocol="SASL_SSL", ssl_truststore_type="PEM",
                ssl_truststore_location=os.environ["KAFKA_CA"])
    check(sluice.run(*over, *show), 0, "Table Name")
    r = sluice.run(*user("alice", "alice-secret", SASL_SSL, security_protocol="SASL_SSL"), *show)
    check(r, 2, None, [f"The TLS handshake with Kafka at {SASL_SSL} failed: ", "certificate"])
    check(sluice.run("--bootstrap-server", SSL, *show), 2, None, f"Could not connect to Kafka at {SSL} (PLAINTEXT")


def test_no_rights_at_all(sluice):
    r = sluice.run(*user("bob", "bob-secret"), "--service-id", name("bob"), "-e", "SHOW TABLES;")
    check(r, 2, None, "Authorization denied to ")
    assert name("bob") in r.stderr and "bob-secret" not in r.stderr, r.stderr


def test_rights_that_are_missing_for_a_topic(sluice):
    """Rights go by prefix: bob may use what begins with his service, and only look at the topic."""
    directory, service, topic = os.environ.get("KAFKA_DIR"), name("bobs"), name("closed")
    assert directory, "KAFKA_DIR is not set"

    def allow(*what):
        r = subprocess.run([os.path.join(os.environ["SRC"], "scripts/kafka"), "--dir", directory, "tool", "acls", "--add",
                            "--allow-principal", "User:bob", *what], capture_output=True, text=True)
        assert r.returncode == 0, r.stdout + r.stderr

    for prefix in (service, "_confluent-ksql-" + service):
        allow("--operation", "All", "--topic", prefix, "--group", prefix, "--transactional-id", prefix,
              "--resource-pattern-type", "prefixed")
    allow("--operation", "Describe", "--operation", "DescribeConfigs", "--topic", topic)
    allow("--operation", "IdempotentWrite", "--operation", "Describe", "--cluster")
    check(kafka(sluice, "-e", CREATE.format(topic)), 0, "Stream created")
    bob = [*user("bob", "bob-secret"), "--service-id", service]
    check(sluice.run(*bob, "-e", f"CREATE STREAM s (a INT) WITH (kafka_topic='{topic}', value_format='json');"), 0, "Stream created")
    r = check(sluice.run(*bob, "-e", "INSERT INTO s VALUES (1);"), 1, None, topic)
    assert re.search(r"Authorization denied to Write on topic|Topic authorization failed", r.stderr), r.stderr
    r = sluice.run(*bob, "-e", "SET 'auto.offset.reset'='earliest'; SELECT * FROM s EMIT CHANGES LIMIT 1;", "--timeout", "10")
    check(r, 1, None, f"Authorization denied to Read on topic(s): [{topic}]")
    r = sluice.run(*bob, "-e", f"CREATE STREAM n{topic} (a INT) WITH (kafka_topic='n{topic}', value_format='json', partitions=1);")
    check(r, 1, None, f"Authorization denied to Create on topic(s): [n{topic}]")


# ---- topics ----

def test_a_topic_that_is_missing(sluice):
    topic = name("missing")
    check(kafka(sluice, "-e", f"CREATE STREAM x (a INT) WITH (kafka_topic='{topic}', value_format='json');"), 1, None,
          [f"1:1: Topic '{topic}' does not exist. If you want to create a new topic for the stream/table please re-run the statement "
           "providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: ",
           "PARTITIONS=2"])
    check(kafka(sluice, "-e", f"PRINT {topic};"), 1, None, f"Topic does not exist: {topic}")


def test_another_number_of_partitions(sluice):
    topic = name("one")
    check(kafka(sluice, "-e", CREATE.format(topic)), 0, "Stream created")
    again = CREATE.format(topic).replace(f"STREAM {topic}", "STREAM again")
    check(kafka(sluice, "-e", again.replace("partitions=1", "partitions=3")), 1, None,
          f"A Kafka topic with the name '{topic}' already exists, with different partition/replica configuration than required. KSQL "
          "expects 3 partitions (topic has 1)")
    check(kafka(sluice, "-e", CREATE.format(name("five")).replace("partitions=1", "partitions=1, replicas=5")), 1, None,
          ["replication factor of 5 cannot be reached because only 1 broker(s) are registered"])


def test_partitions_of_a_join_that_differ(sluice):
    orders, payments = name("orders"), name("payments")
    column = "(k STRING KEY, v INT)"
    two = [CREATE.format(orders).replace("(a INT)", column).replace("partitions=1", "partitions=4"),
           CREATE.format(payments).replace("(a INT)", column).replace("partitions=1", "partitions=2")]
    check(kafka(sluice, "-e", "".join(two) + f"SELECT * FROM {orders} a JOIN {payments} b WITHIN 1 HOUR ON a.k = b.k EMIT CHANGES;"), 1,
          None, ["Can't join `A` with `B` since the number of partitions don't match. `A` partitions = 4; `B` partitions = 2. Please "
                 "repartition either one so that the number of partitions match."])


def test_a_key_format_that_cannot_be(sluice):
    topic = name("keys")
    check(kafka(sluice, "-e", f"CREATE STREAM {topic} (k ARRAY<INT> KEY, a INT) WITH (kafka_topic='{topic}', value_format='json', "
                "key_format='kafka', partitions=1);"), 1, None,
          ["Key format does not support schema.\nformat: KAFKA\n", "reason: The 'KAFKA' format does not support type 'ARRAY'"])
    check(kafka(sluice, "-e", "SHOW TOPICS;"), 0)
    assert topic not in kafka(sluice, "-e", "SHOW TOPICS;").stdout


def test_a_source_topic_that_is_deleted(sluice):
    """The query that reads it stops and says why; another one goes on, and so does the shell."""
    topic, other = name("gone"), name("stays")
    p = sluice.start("--bootstrap-server", BOOTSTRAP, "--service-id", name("reader"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                     stderr=subprocess.STDOUT)

    def ask(sql, until):
        p.stdin.write(sql + "\n")
        p.stdin.flush()
        lines = []
        while not lines or until not in lines[-1]:
            lines.append(p.stdout.readline())
            assert lines[-1], "".join(lines)
        return "".join(lines)

    ask(f"{CREATE.format(topic)} {CREATE.format(other)} CREATE STREAM o{topic} AS SELECT * FROM {topic};"
        f"CREATE STREAM o{other} AS SELECT * FROM {other}; INSERT INTO {topic} VALUES (1);", f"CSAS_O{other.upper()}")
    check(kafka(sluice, "-e", CREATE.format(topic).replace(", partitions=1", "") + f"DROP STREAM {topic} DELETE TOPIC;",
                service="remover"), 0, "was dropped")
    end = time.monotonic() + terminal.DEADLINE - 5
    shown = ""
    while "ERROR" not in shown:
        assert time.monotonic() < end, shown
        shown = ask("SHOW QUERIES;", "For detailed information")
        time.sleep(0.3)
    lines = {w: next(line for line in shown.splitlines() if f"CSAS_O{w.upper()}" in line) for w in (topic, other)}
    assert "ERROR" in lines[topic] and "RUNNING" in lines[other], shown
    explained = ask(f"EXPLAIN {lines[topic].split()[0]}; SHOW QUERIES;", "For detailed information")
    assert re.search(rf"Topic '{topic}'.*(not there any more|does not exist|was deleted)", explained), explained
    p.stdin.write(f"INSERT INTO {topic} VALUES (2);\n")
    p.stdin.close()
    rest = p.stdout.read()
    assert re.search(rf"[Tt]opic.*{topic}", rest), rest
    assert p.wait() == 1, p.returncode


# ---- a broker that stops answering, and Ctrl-C ----

class Stopped:
    """The broker does not answer meanwhile."""

    def __enter__(self):
        with open(os.path.join(os.environ["KAFKA_DIR"], "pid")) as f:
            self.pid = int(f.read().split()[0])
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *how):
        os.kill(self.pid, signal.SIGCONT)


def shell_with_a_stream(sluice, topic):
    t = sluice.shell("--bootstrap-server", BOOTSTRAP, "--service-id", topic)
    t.line(CREATE.format(topic))
    t.expect("Stream created", "sluice> ")
    return t


def runs_a_statement(pid):
    names = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/comm") as f:
                names.append(f.read().strip())
        except FileNotFoundError:  # it has just ended
            pass
    return "sluice-stmt" in names


def interrupt_an_insert(t, topic):
    t.line(f"SHOW VARIABLES; INSERT INTO {topic} VALUES (1);")
    t.expect("Variable Name | Value", "-\n", "-\n")
    end = time.monotonic() + terminal.DEADLINE
    while not runs_a_statement(t.pid):  # between two statements Ctrl-C ends the line
        assert time.monotonic() < end, "the statement does not run"
    t.send("\x03")
    t.expect("Interrupted, but not undone: the statement goes on.", "\nsluice> ")


def test_ctrl_c_gives_the_prompt_back(sluice):
    topic = name("left")
    t = shell_with_a_stream(sluice, topic)
    with Stopped():
        began = time.monotonic()
        interrupt_an_insert(t, topic)
        assert time.monotonic() - began < 5
        t.line("SHOW TABLES;")
        t.expect("Waiting for the interrupted statement; Ctrl-C gives the prompt back.\n")
        t.send("\x03")
        t.expect("\nsluice> ")  # on a line of its own, behind ^C
        t.line("version")  # needs no session
        t.expect("Version: ", "sluice> ")
    t.line("SHOW TABLES;")
    t.expect(f"The interrupted statement is done: INSERT INTO {topic}", "Table Name", "sluice> ")
    t.line(f"PRINT {topic} FROM BEGINNING LIMIT 1;")
    t.expect('{"A":1}', "sluice> ")
    t.line("exit")
    assert t.wait() == 0


def test_the_end_waits_for_an_interrupted_statement(sluice):
    topic = name("end")
    t = shell_with_a_stream(sluice, topic)
    with Stopped():
        interrupt_an_insert(t, topic)
        t.line("exit")
        t.expect("Waiting for the interrupted statement.")
        t.expect("The interrupted statement failed: INSERT INTO", "not delivered within 1", f"({BOOTSTRAP}",
                 "the row may be stored or not")  # 10 s
    assert t.wait() == 0


# ---- records that Kafka refuses ----

REFUSED = """SET 'auto.offset.reset'='earliest';
CREATE STREAM sa{0} (k VARCHAR KEY, v INT) WITH (kafka_topic='sa{0}', value_format='json', partitions=1);
CREATE TABLE compacted{0} (k VARCHAR PRIMARY KEY, v INT) WITH (kafka_topic='compacted{0}', value_format='json', partitions=1);
INSERT INTO sa{0} VALUES ('a', 1); INSERT INTO sa{0} (v) VALUES (2); INSERT INTO sa{0} VALUES ('c', 3);
CREATE STREAM oa{0} WITH (kafka_topic='compacted{0}') AS SELECT k, v FROM sa{0};
CREATE STREAM ob{0} AS SELECT k, v FROM sa{0};
CREATE STREAM big{0} AS SELECT k, LPAD('x', v * 700000, 'y') AS t FROM sa{0};
SELECT 'ob' AS name, v FROM ob{0} EMIT CHANGES LIMIT 3;
SELECT message->productionError->errorMessage AS why FROM KSQL_PROCESSING_LOG WHERE message->`TYPE` = 2 EMIT CHANGES LIMIT 3;
INSERT INTO sa{0} VALUES ('d', 1);
SELECT 'big' AS name, LEN(t) AS n FROM big{0} EMIT CHANGES LIMIT 2;
SELECT 'ob' AS name, v FROM ob{0} EMIT CHANGES LIMIT 4;
SHOW QUERIES;
SELECT 'all' AS name, v FROM ob{0};"""


def test_refused_records_stop_their_own_query_alone(sluice):
    # A compacted topic refuses a record without a key; LPAD makes records that are too large, for this client or for the broker.
    for guarantee in ("at_least_once", "exactly_once_v2"):
        for largest in ("1000000", "10000000"):
            x = name("refused" + guarantee[0] + largest[-1] + str(len(largest)))
            r = kafka(sluice, "--property", f"ksql.streams.processing.guarantee={guarantee}",
                      "--property", f"ksql.streams.producer.max.request.size={largest}",
                      "--property", "ksql.streams.producer.compression.type=none", "-e", REFUSED.format(x), service=x)
            assert r.returncode == 0 and "Broker failed to validate record" in r.stdout, r.stdout + r.stderr
            rows = [re.sub(r"[ |]+", " ", line).strip() for line in r.stdout.splitlines()]
            assert rows.count("big 700000") == 2, r.stdout
            assert [row for row in rows if row.startswith("all ")] == ["all 1", "all 2", "all 3", "all 1"], r.stdout
            assert len([row for row in rows if "arge" in row and "BIG" in row]) == 2, r.stdout
            states = re.findall(r"CSAS_\w+ +\| PERSISTENT \| (\w+):1", r.stdout)
            assert states == ["ERROR", "RUNNING", "RUNNING"], r.stdout
