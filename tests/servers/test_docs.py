# SPDX-License-Identifier: Apache-2.0
"""The lines of docs/kafka.md, run as they stand (but for the service's name, which is this run's), and what they print."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service import SRC, name  # noqa: E402

import terminal  # noqa: E402


def lines():
    page = (SRC / "docs/kafka.md").read_text()
    block = re.search(r"<!-- tests/servers/test_docs.py .*?```\n(.*?)```\n", page, re.S).group(1)
    return block.replace("shop", name("shop")).replace("scripts/kafka", str(SRC / "scripts/kafka"))


def test_the_lines_of_the_documentation(sluice):
    shop = name("shop")
    env = dict(os.environ, PATH=f"{os.path.dirname(sluice.program)}:{os.environ['PATH']}",
               KAFKA_RUN_DIR=os.path.join(sluice.home, "none"))
    r = subprocess.run(["bash", "-e", "-c", lines()], cwd=sluice.home, env=env, capture_output=True, text=True,
                       timeout=terminal.DEADLINE)
    out, shown = r.stdout, "\n".join(x for x in (r.stdout + r.stderr).splitlines() if shop in x or "shop" not in x and "\t" in x)
    assert r.returncode == 0, (r.returncode, shown)
    assert out.count(f"is ready: 1 query of {shop}.sql, service {shop}_, Kafka at ") == 2, shown
    totals = re.findall(r'^(\w+)\t\{"TOTAL":(\d+)\}$', out, re.M)
    assert len(totals) == 2 and {("ann", "8"), ("bob", "4"), ("ann", "3")} >= set(totals), totals
    for pattern in (rf"^_confluent-ksql-{shop}__members +_confluent-ksql-{shop}__slots +\d+ ",
                    rf"^_confluent-ksql-{shop}_query_CTAS_TOTALS_0 +{shop}-orders +\d+ ",
                    rf"^_confluent-ksql-{shop}_-[0-9a-f]{{16}}-\d+\s"):
        assert re.search(pattern, out, re.M), (pattern, shown)
    listed = set(out.split())
    for topic in (f"{shop}-orders", f"{shop}-totals", f"_confluent-ksql-{shop}__slots", f"{shop}_ksql_processing_log",
                  f"_confluent-ksql-{shop}_query_CTAS_TOTALS_0-Aggregate-Aggregate-Materialize-changelog"):
        assert topic in listed, (topic, shown)
    assert f"_confluent-ksql-{shop}__command_topic" not in listed
    assert out.count("Sluice stopped on SIGTERM; all is committed.") == 2, shown
