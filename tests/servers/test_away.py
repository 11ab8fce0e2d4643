# SPDX-License-Identifier: Apache-2.0
"""What a shell answers while its broker does not."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import EARLIEST, Broker, Shell, counting, exactly_once, input_stream, name, until  # noqa: E402

ANSWER_S = 8  # 5, and what a busy machine adds
AWAY = "Kafka did not answer in time: offsets and positions are not complete."


def asked(shell, sql):
    start = time.monotonic()
    found = shell.entities(sql)[0]
    took = time.monotonic() - start
    assert took < ANSWER_S, f"{sql} {took:.1f} s"
    return found


def test_descriptions_tell_what_is_known(sluice):
    topic = name("described")
    with Broker(sluice) as b:
        s = Shell(sluice, name("away"), "-d", "a", *exactly_once(commit_interval_ms=200), server=b.address)
        s.ask(EARLIEST)
        s.done(input_stream(topic))
        s.done(counting(topic))
        s.ask(f"INSERT INTO {topic} VALUES ('a', 1);")
        query = next(iter(s.queries()))
        described = {f"EXPLAIN {query};": "queryDescription", f"DESCRIBE c{topic} EXTENDED;": "sourceDescription",
                     "SHOW QUERIES EXTENDED;": "queryDescriptions"}
        until("it runs", lambda: s.queries()[query]["state"] == "RUNNING")
        for sql in described:
            assert asked(s, sql)["warnings"] == []
        b.signal(signal.SIGSTOP)
        s.ask(f"INSERT INTO {topic} VALUES ('a', 1);")  # fails after a while: positions that were remembered are too old then
        for sql, member in described.items():
            found = asked(s, sql)
            assert found[member] and [w["message"] for w in found["warnings"]] == [AWAY], found
        b.signal(signal.SIGCONT)
        until("it answers again", lambda: all(asked(s, sql)["warnings"] == [] for sql in described))
        s.leave()


def test_tab_does_not_wait(sluice):
    """The prompt is there for who types: names of topics are those that are known."""
    topic = name("tabbed")
    with Broker(sluice) as b:
        s = Shell(sluice, name("tab"), server=b.address)
        s.done(input_stream(topic))
        b.signal(signal.SIGSTOP)
        start = time.monotonic()
        s.t.send("PRINT tabb\t")
        s.t.expect(topic[4:])
        took = time.monotonic() - start
        assert took < 3, f"{took:.1f} s"
        s.t.send("\x03")
        s.t.expect("sluice> ")
        b.signal(signal.SIGCONT)
        s.leave()
