# SPDX-License-Identifier: Apache-2.0
"""Steps of the wall clock under the real program, by a second, an hour and a year, both ways: commits come in their interval all the
same, and every row counts once. clock_shim.c makes the steps."""
import os
import select
import shutil
import subprocess
import time

STEPS = (0, 1, -1, 3600, -3600, 0, 31536000, -31536000, 0)
SOON = 10  # the commit interval is 0.1 s; a step back by an hour held commits up for an hour
SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_shim.c")
CREATE = ("SET 'auto.offset.reset'='earliest'; SET 'commit.interval.ms'='100';"
          "CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=2);"
          "CREATE TABLE t AS SELECT k, COUNT(*) AS n, SUM(v) AS v FROM s GROUP BY k;\n")


def until(p, text, deadline):
    """What it writes until a line has the text."""
    got = ""
    while text not in got:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([p.stdout], [], [], left)[0], f"{text!r} did not come in time; instead:\n{got}"
        more = os.read(p.stdout.fileno(), 65536).decode()
        assert more, f"the program ended with {p.wait()}:\n{got}{p.stderr.read().decode()}"
        got += more
    return got


def test_steps_of_the_wall_clock(sluice):
    cc = next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
    if cc is None:
        return
    shim, offset = os.path.join(sluice.home, "shim.so"), os.path.join(sluice.home, "offset")
    subprocess.run([cc, "-shared", "-fPIC", "-O1", "-o", shim, SHIM, "-ldl"], check=True)
    for args in ([], ["-d", "data"]):
        env = dict(sluice.env, LD_PRELOAD=shim, CLOCK_SHIM=offset)
        with open(offset, "w") as f:
            f.write("0")
        p = subprocess.Popen([sluice.program, *args], cwd=sluice.home, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        p.stdin.write(CREATE.encode())
        for i, step in enumerate(STEPS, 1):
            with open(offset + ".new", "w") as f:
                f.write(str(step))
            os.rename(offset + ".new", offset)
            p.stdin.write(f"INSERT INTO s VALUES ('a', {i});\nSELECT n, v FROM t EMIT CHANGES LIMIT {i};\n".encode())
            p.stdin.flush()
            got = until(p, "Query terminated", time.monotonic() + SOON)
            rows = [line for line in got.splitlines() if line.startswith("|") and "|N" not in line]
            assert rows[-1].split() == [f"|{i}", f"|{i * (i + 1) // 2}", "|"], (step, got)
        p.stdin.close()
        assert p.wait(timeout=60) == 0, p.stderr.read()
