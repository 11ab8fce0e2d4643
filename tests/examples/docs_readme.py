# SPDX-License-Identifier: Apache-2.0
"""What README.md, the examples' READMEs and docs/ show: the session, the commands, quickstart.sh.

A command is a line of four spaces (or of a block ```sh) that begins with one of PROGRAMS. Those that call sluice
are run, in the order of the file, in a copy of the tree in which build/release is the build under test; of the
others it is checked that they are there.
"""
import os
import re
import shlex
import shutil
import subprocess

import terminal

PROGRAMS = ("sluice", "build/release/sluice", "./quickstart.sh", "./test.sh", "scripts/dev")
COLUMNS = 90  # of the terminal of the session in README.md


def copy(place):
    """The tree without builds, and the build under test in the place of build/release."""
    tree = place.folder / "tree"
    builds = (".git", "build", "autom4te.cache", "logs", "tmp", "_build", "_inst")

    def ignore(folder, names):
        return [n for n in names if n.endswith(".o") or (n in builds and folder == str(place.src))]

    shutil.copytree(place.src, tree, symlinks=True, copy_function=shutil.copyfile, ignore=ignore)
    for folder, _, names in os.walk(tree):
        os.chmod(folder, 0o755)
        for name in names:
            source = os.path.join(place.src, os.path.relpath(os.path.join(folder, name), tree))
            os.chmod(os.path.join(folder, name), 0o755 if os.access(source, os.X_OK) else 0o644)
    release = tree / "build" / "release"
    release.mkdir(parents=True)
    (release / ".configured").write_text("")
    (release / "Makefile").write_text("all:\n\t@:\n")
    (release / "sluice").symlink_to(place.program)
    for name in ("configure", "Makefile.in"):
        (tree / name).touch()
    return tree


def pages(place):
    return [place.src / "README.md", *sorted(place.src.glob("examples/*/README.md")),
            *sorted(p for p in place.src.glob("docs/*.md"))]


def commands(page):
    fence = None
    for line in page.read_text().splitlines():
        if line.startswith("```"):
            fence = None if fence is not None else line[3:].strip()
            continue
        indented = fence is None and line[:4] == "    "
        shown = line.removeprefix("$ ") if fence == "sh" else line[4:] if indented else ""
        words = shlex.split(shown, comments=True) if shown.split(" ")[0] in PROGRAMS else []
        if words:
            yield words


def test_commands_of_the_pages(place):
    tree, ran = copy(place), 0
    for page in pages(place):
        data = place.folder / f"data-{page.parent.name}-{page.stem}"  # in the place of /tmp
        data.mkdir()
        for words in commands(page):
            shown = f"{page.name}: {shlex.join(words)}"
            if os.path.basename(words[0]) != "sluice":
                assert os.access(tree / words[0], os.X_OK), shown
                known = subprocess.run([tree / "scripts/dev"], capture_output=True, text=True).stdout
                assert words[0] != "scripts/dev" or len(words) == 1 or f"\n  {words[1]} " in known, shown
                continue
            args = [a.replace("/tmp/", f"{data}/") for a in words[1:]]
            r = subprocess.run([place.program, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               cwd=tree, env=place.env, timeout=3 * terminal.DEADLINE)
            assert r.returncode == 0, f"{shown}: exit code {r.returncode}\n{r.stdout}{r.stderr}"
            ran += 1
    assert ran >= 4, f"only {ran} commands were found"


def test_links_of_the_pages(place):
    """What the pages name in backquotes or links, with a slash or an ending, is there."""
    missing = []
    for page in pages(place):
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
        named = re.findall(r"`((?:docs|examples|scripts|tests|src|completions)/[\w./-]+)`|\]\(([\w./-]+)\)", text)
        for quoted, linked in named:
            path = place.src / quoted if quoted else page.parent / linked
            if not path.exists():
                missing.append(f"{page.name}: {quoted or linked}")
    assert not missing, missing


def test_quickstart(place):
    tree = copy(place)
    # Packages are not installed from here: where some are missing, quickstart.sh would ask for them.
    no_install = place.folder / "bin"
    no_install.mkdir()
    (no_install / "apt-get").write_text("#!/bin/sh\necho 'not from a test' >&2\nexit 1\n")
    (no_install / "apt-get").chmod(0o755)
    env = dict(place.env, PATH=f"{no_install}:{place.env['PATH']}")
    if subprocess.run([tree / "scripts/packages", "build"], env=env, capture_output=True).returncode:
        print("packages are missing: quickstart.sh is not run")
        return
    r = subprocess.run([tree / "quickstart.sh"], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                       timeout=3 * terminal.DEADLINE)
    assert r.returncode == 0 and r.stderr == "", f"exit code {r.returncode}\n{r.stdout}{r.stderr}"
    expected = (place.src / "examples/shopping-cart-ksql/expected.txt").read_text()
    assert expected in r.stdout, r.stdout
    for item in ("t-shirts", "pants", "hats"):
        assert re.search(rf"^\|bob +\|{item} +\|1 +\|$", r.stdout, re.M), r.stdout
    assert "Building" not in r.stdout and "build/release/sluice -d mydata" in r.stdout, r.stdout


def session(place):
    """The block of README.md that begins with a call of the shell, without that line."""
    text = (place.src / "README.md").read_text()
    block = re.search(r"^```\n\$ build/release/sluice\n(.*?)^```$", text, re.M | re.S)
    assert block, "README.md shows no session"
    return block.group(1)


def play(place, block):
    """Types what stands at the prompts of the block; all that the terminal showed."""
    place.env["TERM"] = "dumb"  # no control sequences, no line that is overwritten
    t = place.shell(columns=COLUMNS)
    lines = block.splitlines()
    for i, line in enumerate(lines):
        prompt, typed = line[:8], line[8:]
        if prompt == "sluice> " or prompt == "      > ":
            if prompt == "      > ":
                t.expect(prompt)
            elif i != next(k for k, l in enumerate(lines) if l.startswith(prompt)):
                t.expect(prompt)
            t.line(typed)
            t.expect("\n")
        elif line.startswith("^C"):
            t.expect(lines[i - 1] + "\n")
            t.send("\x03")
    assert t.wait() == 0
    return t.text()


def test_session_of_the_readme(place):
    block = session(place)
    got = play(place, block)

    def clean(text):  # blanks at line ends do not show
        return "\n".join(line.rstrip() for line in text.strip().splitlines())

    assert clean(got) == clean(block), f"README.md shows\n{block}\nthe shell shows\n{got}"


def sql_of(text):
    """Statements without comments, directives and answers, blanks as one."""
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [" ".join(s.split()) for s in "\n".join(lines).split(";") if s.strip()]


def test_sql_of_the_pages_is_tested(place):
    """Each example of SQL of these pages is a statement of tests/sql/docs, which the SQL tests run."""
    tested = set()
    for path in (place.src / "tests/sql/docs").glob("*.sql"):
        tested.update(sql_of(path.read_text()))
    for name in ("sql.md", "processing-log.md"):
        text = (place.src / "docs" / name).read_text()
        shown = [s for block in re.findall(r"^```sql\n(.*?)^```$", text, re.M | re.S) for s in sql_of(block)]
        shown += [s for one in re.findall(r"`([^`]+;)`", text) for s in sql_of(one)]
        untested = [s for s in shown if s not in tested]
        assert shown and not untested, f"{name}: {untested}"


def test_layout_of_the_pages(place):
    """The example of docs/fmt.md is as sluice fmt writes it."""
    text = (place.src / "docs/fmt.md").read_text()
    block = re.search(r"^```sql\n(.*?)^```$", text, re.M | re.S).group(1)
    got = place.run("fmt", "-", input=block)
    assert got == block, got
