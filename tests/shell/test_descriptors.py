# SPDX-License-Identifier: Apache-2.0
"""Descriptors, limits, links, umask, full devices and closed pipes, for every command.

Each row of COMMANDS is tried under each of these; what differs between commands is in the row.
"""
import os
import pathlib
import resource
import signal
import stat
import subprocess

QUERIES = """CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
CREATE STREAM o AS SELECT * FROM s;
"""
ROWS = """CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
""" + "".join(f"INSERT INTO s VALUES ({i}, {i});\n" for i in range(20))
TEST = """CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='json', partitions=1);
--> Stream created
"""


class Command:
    """input: its standard input. data: it takes -d. runs: a server, which is stopped. code: its exit code when all is well."""

    def __init__(self, name, args, input="", data=False, runs=False, code=0):
        self.name, self.args, self.input = name, args, input
        self.data, self.runs, self.code = data, runs, code


COMMANDS = [
    Command("shell on standard input", [], "SHOW TABLES;\n", data=True),
    Command("-e", ["-e", "SHOW TABLES;"], data=True),
    Command("-e json", ["--output", "json", "-e", "SHOW TABLES;"], data=True),
    Command("-f", ["-f", "show.sql"], data=True),
    Command("run", ["run", "show.sql"], data=True),
    Command("run -", ["run", "-"], "SHOW TABLES;\n", data=True),
    Command("headless server", ["server", "--queries-file", "queries.sql"], data=True, runs=True),
    Command("--help", ["--help"]),
    Command("run --help", ["run", "--help"]),
    Command("server --help", ["server", "--help"]),
    Command("test --help", ["test", "--help"]),
    Command("fmt --help", ["fmt", "--help"]),
    Command("--version", ["--version"]),
    Command("fmt -", ["fmt", "-"], "show tables;"),
    Command("fmt --check", ["fmt", "--check", "ugly.sql"], code=1),
    Command("test sql", ["test", "sql", "one.sql"]),
]


def files(sluice):
    sluice.file("show.sql", "SHOW TABLES;\n")
    sluice.file("queries.sql", QUERIES)
    sluice.file("ugly.sql", "show tables;")
    sluice.file("one.sql", TEST)


def fresh(directory):
    """Whoever waits for the number of its owner does not see that of the last one."""
    pathlib.Path(directory, "sluice.pid").unlink(missing_ok=True)


def launch(sluice, c, args=(), shell="exec \"$@\"", **how):
    """The command as the shell's text starts it, with redirections that subprocess cannot make."""
    return subprocess.Popen(["sh", "-c", shell, "sh", sluice.program, *c.args, *args], cwd=sluice.home, env=sluice.env, **how)


def ended(p, c, text=None):
    """(exit code, what it wrote to standard error). A server is stopped when it is ready, or has said that it cannot be."""
    try:
        _, err = p.communicate(text, timeout=20)
    except subprocess.TimeoutExpired:
        p.kill()
        p.communicate()
        raise AssertionError(f"{c.name}: does not end") from None
    return p.returncode, err


def stopped(sluice, c, directory, p):
    """A server is given its end once its database is there; it is ready to be ended from its start on."""
    pid = directory / "sluice.pid"
    while p.poll() is None and not (pid.exists() and pid.read_text().strip()):
        pass
    p.send_signal(signal.SIGTERM)
    return ended(p, c)


def test_full_device(sluice):
    files(sluice)
    for c in COMMANDS:
        if c.runs:
            continue
        with open("/dev/full", "w") as full:
            p = launch(sluice, c, stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE, text=True)
            code, err = ended(p, c, c.input)
        assert code == 1 and "cannot write the output" in err, f"{c.name}: {code} {err!r}"
        assert "No space left" in err, f"{c.name}: {err!r}"


def test_reader_that_went_away(sluice):
    files(sluice)
    for c in COMMANDS:
        if c.runs:
            continue
        for ignored in (False, True):
            read, write = os.pipe()
            os.close(read)
            trap = "trap '' PIPE; " if ignored else ""
            p = launch(sluice, c, shell=trap + 'exec "$@"', stdin=subprocess.PIPE, stdout=write, stderr=subprocess.PIPE, text=True)
            os.close(write)
            code, err = ended(p, c, c.input)
            assert code in (141, -signal.SIGPIPE) and err == "", f"{c.name}: {code} {err!r}"


def test_many_rows_into_head(sluice):
    sluice.file("rows.sql", ROWS + "SELECT * FROM s;\n" * 400)
    p = subprocess.run(["bash", "-c", '"$0" -f rows.sql 2> err | head -n 1 > /dev/null; echo "${PIPESTATUS[0]}"', sluice.program],
                       cwd=sluice.home, env=sluice.env, capture_output=True, text=True, timeout=60)
    assert p.stdout == "141\n", p.stdout
    assert pathlib.Path(sluice.home, "err").read_text() == ""


def test_closed_descriptors(sluice):
    files(sluice)
    closings = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"]
    for c in COMMANDS:
        for closing in closings:
            name = f"{c.name} {closing}"
            directory = pathlib.Path(sluice.home, "data")
            args = ["-d", str(directory)] if c.data else []
            fresh(directory)
            p = launch(sluice, c, args, f'exec "$@" {closing}', stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, text=True)
            code, _ = stopped(sluice, c, directory, p) if c.runs else ended(p, c, None if "<&-" in closing else c.input)
            assert code == c.code, f"{name}: exit code {code}"
            if c.data:
                pid = (directory / "sluice.pid").read_text()
                assert pid.strip().isdigit(), f"{name}: sluice.pid has {pid!r}"


def test_umask(sluice):
    files(sluice)
    for c in (c for c in COMMANDS if c.data):
        for mask in ("000", "022", "077"):
            directory = pathlib.Path(sluice.home, "data")
            p = launch(sluice, c, ["-d", str(directory)], f'umask {mask}; exec "$@"', stdin=subprocess.PIPE,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            code, err = stopped(sluice, c, directory, p) if c.runs else ended(p, c, c.input)
            assert code == 0, f"{c.name}: {code} {err}"
            for path in (directory, directory / "db", directory / "sluice.pid", directory / "db.synced"):
                mode = stat.S_IMODE(path.stat().st_mode)
                assert mode == (0o700 if path.is_dir() else 0o600), f"{c.name}, umask {mask}: {path.name} has mode {mode:o}"
            subprocess.run(["rm", "-rf", str(directory)], check=True)


def test_links(sluice):
    files(sluice)
    for c in (c for c in COMMANDS if c.data):
        for name in ("sluice.pid", "db.synced", "db"):
            target = pathlib.Path(sluice.file("target", "mine"))
            directory = pathlib.Path(sluice.home, "data")
            directory.mkdir()
            (directory / name).symlink_to(target)
            p = launch(sluice, c, ["-d", str(directory)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, text=True)
            code, err = ended(p, c, c.input)
            assert code == 2 and name in err and "symbolic link" in err, f"{c.name}: {code} {err!r}"
            assert target.read_text() == "mine", f"{c.name}: {name} was written through a link"
            subprocess.run(["rm", "-rf", str(directory)], check=True)


def test_history_is_not_written_through_a_link(sluice):
    target = pathlib.Path(sluice.file("target", "mine\n"))
    pathlib.Path(sluice.home, ".sluice_history").symlink_to(target)
    t = sluice.shell()
    t.send("SHOW TABLES;\n")
    t.expect("Table Name")
    t.send("exit\n")
    t.wait()
    assert target.read_text() == "mine\n"


def limited(sluice, c, what, limit, directory):
    def set_limit():
        resource.setrlimit(what, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    args = ["-d", str(directory)] if c.data else []
    fresh(directory)
    p = subprocess.Popen([sluice.program, *c.args, *args], cwd=sluice.home, env=sluice.env, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=set_limit)
    return stopped(sluice, c, directory, p) if c.runs else ended(p, c, c.input)


def test_few_descriptors(sluice):
    """With any number it works, or ends with an error; what is in the directory stays whole."""
    files(sluice)
    directory = pathlib.Path(sluice.home, "data")
    for c in COMMANDS:
        for n in (3, 5, 8, 12, 20, 40):
            code, err = limited(sluice, c, resource.RLIMIT_NOFILE, n, directory)
            assert code == c.code or (code > 0 and err), f"{c.name} with {n} descriptors: {code} {err!r}"
        if c.data:
            code, err = limited(sluice, c, resource.RLIMIT_NOFILE, 1024, directory)
            assert code == 0, f"{c.name} afterwards: {code} {err!r}"
            subprocess.run(["rm", "-rf", str(directory)], check=True)


def test_small_files(sluice):
    """A file may not grow past a limit: no signal ends the program, and acknowledged rows are there afterwards."""
    files(sluice)
    directory = pathlib.Path(sluice.home, "data")
    for c in COMMANDS:
        code, err = limited(sluice, c, resource.RLIMIT_FSIZE, 512, directory)
        assert code == c.code or (code > 0 and err), f"{c.name}: {code} {err!r}"
    subprocess.run(["rm", "-rf", str(directory)], check=True)
    fill = Command("rows", ["-f", sluice.file("rows.sql", ROWS)], data=True)
    code, err = limited(sluice, fill, resource.RLIMIT_FSIZE, 32768, directory)
    assert code >= 0, f"{code} {err}"
    r = sluice.run("-d", str(directory), "--output", "json", "-e", "SELECT k FROM s;")
    if code == 0:
        assert r.returncode == 0 and r.stdout.count('"columns"') == 20, r.stdout + r.stderr
    else:
        assert err and r.returncode in (0, 1), r.stderr


def test_spool_that_cannot_be_written(sluice):
    r = sluice.run(input="SPOOL /dev/full;\nSHOW TABLES;\nSPOOL OFF;\n")
    assert r.returncode == 1 and "/dev/full" in r.stderr and "No space left" in r.stderr, r.stderr
    r = sluice.run(input="SPOOL /dev/full;\nSHOW TABLES;\n")
    assert r.returncode == 1 and "/dev/full" in r.stderr and "No space left" in r.stderr, r.stderr
