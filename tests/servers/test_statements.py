# SPDX-License-Identifier: Apache-2.0
"""Statements of several shells of one service: what one runs, all have, in one order; and what is stored that cannot run."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402
from service import EARLIEST, Shell, counting, input_stream, name, produce, tool, until  # noqa: E402


def test_a_statement_of_one_shell_is_in_the_other(sluice):
    me, topic = name("both"), name("seen")
    a, b = Shell(sluice, me, "-d", "a"), Shell(sluice, me, "-d", "b")
    a.done(input_stream(topic))
    until("the stream in b", lambda: topic.upper() in b.sources())
    made = b.done(counting(topic))["commandStatus"]["queryId"]
    until("the query in a", lambda: made in a.queries())
    assert "C" + topic.upper() in a.sources()
    assert f"Table C{topic.upper()} does not exist" not in a.ask(f"DROP TABLE c{topic} DELETE TOPIC;")
    until("the query is gone from b", lambda: made not in b.queries())
    b.done(f"DROP STREAM {topic};")
    until("the stream is gone from a", lambda: topic.upper() not in a.sources())
    assert a.sources() == b.sources()
    listed = tool("topics", "--list").split()
    assert topic in listed and "c" + topic not in listed, listed
    assert not [t for t in listed if me in t and "Aggregate" in t], listed
    a.leave()
    b.leave()


def test_forty_statements_at_the_same_time(sluice):
    me, topic = name("forty"), name("many")
    a, b = Shell(sluice, me, "-d", "a"), Shell(sluice, me, "-d", "b")
    a.done(input_stream(topic))
    until("the stream in b", lambda: topic.upper() in b.sources())
    for shell, letter in ((a, "a"), (b, "b")):  # both run all of theirs, at their own pace
        shell.t.line(" ".join(f"CREATE STREAM {letter}{i} AS SELECT * FROM {topic} WHERE n = {i};" for i in range(20)))
    for shell in (a, b):
        shell.t.expect("\n")
        answer = shell.t.expect(service.PROMPT)
        assert answer.count('"SUCCESS"') == 20, answer
    wanted = sorted(f"{letter}{i}".upper() for letter in "ab" for i in range(20))
    for shell in (a, b):
        until("all forty", lambda: len(shell.queries()) == 40)
        assert [s for s in shell.sources() if s[0] in "AB"] == wanted, shell.sources()
    assert list(a.queries()) == list(b.queries()), (list(a.queries()), list(b.queries()))
    numbers = [int(q.rsplit("_", 1)[1]) for q in a.queries()]
    assert numbers == sorted(set(numbers)), numbers
    c = Shell(sluice, me, "-d", "c")  # who comes later reads the same
    assert list(c.queries()) == list(a.queries())
    for shell in (a, b, c):
        shell.leave()


def test_what_no_longer_plans_is_kept_and_told(sluice):
    me, topic, lost = name("plans"), name("kept"), name("lost")
    a = Shell(sluice, me, "-d", "a")
    assert not a.ask(EARLIEST).count("rror")
    for t in (topic, lost):
        a.done(input_stream(t))
        a.done(counting(t))
    a.leave()
    tool("topics", "--delete", "--topic", lost)
    until("the topic is deleted", lambda: lost not in tool("topics", "--list").split())
    commands = f"_confluent-ksql-{me}_command_topic"
    bad = '{"statement":"CREATE STREAM bad AS SELECT * FROM nowhere;","streamsProperties":{},"originalProperties":{},"plan":null}'
    produce(commands, [f'"stream/`BAD`/create"\t{bad}', '"stream/`WORSE`/create"\tthis is no command'])
    produce(topic, ['bob\t{"N":7}'])
    for place in ("a", "b"):  # in the state's directory, and in a new one: told at each start
        a = Shell(sluice, me, "-d", place)
        assert "warning: a stored statement no longer runs: CREATE STREAM bad AS SELECT * FROM nowhere;" in a.greeting, a.greeting
        assert a.greeting.count("a stored statement no longer runs") >= 2, a.greeting
        until("the query that can run", lambda: a.pull(f"SELECT k, c FROM c{topic} WHERE k = 'bob';") == [["bob", 1]])
        states = {q["sinks"][0]: q["state"] for q in a.queries().values()}
        assert states == {f"C{topic}".upper(): "RUNNING", f"C{lost}".upper(): "ERROR"}, (states, a.queries())
        assert "BAD" not in a.sources()
        a.leave()
    b = Shell(sluice, me)
    b.done(f"DROP TABLE c{lost};")  # the way out
    b.done(f"CREATE STREAM after AS SELECT * FROM {topic};")
    assert "AFTER" in b.sources()
    b.leave()
