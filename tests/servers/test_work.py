# SPDX-License-Identifier: Apache-2.0
"""The work of a service that several processes share: who serves which key, hand-over by a clean exit, after a death, after a
pause; exactly once all the way."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import (EARLIEST, HOST, Feeder, Server, Shell, by_key, committed, counting, exactly_once, input_stream, name,  # noqa: E402
                     queries_file, until)

KEYS = [f"k{i}" for i in range(24)]  # over 8 partitions
AS_IT_COMES = dict(commit_interval_ms=200, cache_max_bytes_buffering=0)  # each record gives one of the output


class Counts:
    """Rounds of one record for each key, and what the members of the service answer for them."""

    def __init__(self, sluice, topic):
        self.feeder, self.topic, self.rounds = Feeder(sluice, topic), topic, 0

    def feed(self, rounds=1):
        for _ in range(rounds):
            self.rounds += 1
            self.feeder.insert((k, self.rounds) for k in KEYS)

    def owner(self, shells, key):
        """The shell that answers for the key with all rounds counted; all others must name it. None: not yet."""
        answers = [s.pull(f"SELECT k, c FROM c{self.topic} WHERE k = '{key}';") for s in shells]
        if sum(a == [[key, self.rounds]] for a in answers) != 1:
            return None
        at = next(s for s, a in zip(shells, answers) if a == [[key, self.rounds]])
        named = f"is served by {HOST}:{at.pid}: ask there."
        return at if all(s is at or named in a for s, a in zip(shells, answers)) else None

    def owners(self, shells):
        """Waits until each key has one owner of its own that the others name; key -> shell."""
        return {k: until(f"an owner of {k} with {self.rounds} rounds", lambda: self.owner(shells, k)) for k in KEYS}

    def check_output(self):
        """Nothing lost, nothing twice: each key's counts and sums are 1 … rounds, in order."""
        wanted = {k: list(range(1, self.rounds + 1)) for k in KEYS}
        output = committed("c" + self.topic)
        assert by_key(output, "C") == wanted, by_key(output, "C")
        assert by_key(output, "S") == {k: [n * (n + 1) // 2 for n in wanted[k]] for k in KEYS}


def test_work_is_divided_and_handed_over(sluice):
    me, topic = name("divided"), name("work")
    options = exactly_once(session_timeout_ms=60000, **AS_IT_COMES)
    a = Shell(sluice, me, "-d", "a", *options)
    a.ask(EARLIEST)
    a.done(input_stream(topic))
    a.done(counting(topic))
    counts = Counts(sluice, topic)
    counts.feed()
    assert set(counts.owners([a]).values()) == {a}
    b = Shell(sluice, me, "-d", "b", *options)
    counts.feed(2)
    until("both have work", lambda: set(counts.owners([a, b]).values()) == {a, b})
    c = Shell(sluice, me, "-d", "c", *options)
    counts.feed()
    until("all three have work", lambda: set(counts.owners([a, b, c]).values()) == {a, b, c})
    start = time.monotonic()
    b.leave()  # the session's time-out is a minute: who leaves hands over at once
    counts.feed()
    until("the two others have all", lambda: set(counts.owners([a, c]).values()) == {a, c}, seconds=50)
    counts.feed()
    a.leave()
    counts.feed()
    assert set(counts.owners([c]).values()) == {c}
    assert time.monotonic() - start < 55, "work moved by time-out"
    counts.check_output()
    c.leave()


def test_headless_servers_share_the_work(sluice):
    me, topic = name("headless"), name("shared")
    file = queries_file(sluice, topic)
    servers = [Server(sluice, me, file, "-d", d, *exactly_once(**AS_IT_COMES), wait=False) for d in "ab"]
    for s in servers:  # both at the same time: topics are made together
        s.ready()
    counts = Counts(sluice, topic)
    counts.feed()
    until("half of the work each", lambda: [s.slots() for s in servers] == [32, 32])
    counts.feed(2)
    until("all is counted", lambda: len(committed("c" + topic)) >= 3 * len(KEYS))
    counts.check_output()
    servers[0].stop()
    until("all of the work", lambda: servers[1].slots() == 64)
    servers[1].stop()


def test_a_death_is_noticed_and_nothing_is_twice(sluice):
    me, topic = name("death"), name("killed")
    options = exactly_once(session_timeout_ms=3000, **dict(AS_IT_COMES, commit_interval_ms=1000))
    file = queries_file(sluice, topic)
    counts = Counts(sluice, topic)
    a, b = (Server(sluice, me, file, "-d", d, *options) for d in "ab")
    until("half of the work each", lambda: [s.slots() for s in (a, b)] == [32, 32])
    counts.feed(3)
    a.kill()  # most likely with work that is not committed
    counts.feed()
    b.heard("has 64 of 64 slots now")
    counts.feed()
    until("all is counted", lambda: len(committed("c" + topic)) >= 5 * len(KEYS))
    counts.check_output()
    b.stop()


def test_a_zombie_writes_nothing_and_goes_on_as_a_member(sluice):
    me, topic = name("zombie"), name("paused")
    options = exactly_once(session_timeout_ms=3000, **dict(AS_IT_COMES, commit_interval_ms=2000))
    file = queries_file(sluice, topic)
    counts = Counts(sluice, topic)
    a, b = (Server(sluice, me, file, "-d", d, *options) for d in "ab")
    until("half of the work each", lambda: [s.slots() for s in (a, b)] == [32, 32])
    counts.feed()
    until("the first round is counted", lambda: len(committed("c" + topic)) >= len(KEYS))
    counts.feed()  # is in the zombie's hands
    a.kill(signal.SIGSTOP)
    b.heard("has 64 of 64 slots now")
    counts.feed()
    until("the other went on", lambda: len(committed("c" + topic)) >= 3 * len(KEYS))
    behind = len(a.log())
    a.kill(signal.SIGCONT)
    a.heard("has 0 of 64 slots now: it was not heard of in time, what was not committed is dropped", behind)
    until("half of the work each again", lambda: [s.slots() for s in (a, b)] == [32, 32])
    counts.feed(2)
    until("all is counted", lambda: len(committed("c" + topic)) >= 5 * len(KEYS))
    counts.check_output()
    assert "it is stopped" not in a.log() + b.log(), a.log() + b.log()
    trouble = a.log().rfind(": ERROR: ")  # a commit may have failed before the zombie knew
    if trouble >= 0:
        a.heard("query .*: RUNNING", trouble)
    a.stop()
    b.stop()
