# SPDX-License-Identifier: Apache-2.0
"""Every option and command that --help names is in the manual page and in both completions; they work."""
import re
import shutil
import subprocess

HELPS = [["--help"], ["run", "--help"], ["fmt", "--help"], ["server", "--help"], ["test", "--help"], ["test", "qtt"], ["test", "sql"],
         ["test", "plan"]]
WORDS = ["run", "server", "fmt", "test", "qtt", "sql", "plan", "tabular", "json"]


def options(place):
    """What the program says of itself; a runner without files prints its usage."""
    found = set()
    for args in HELPS:
        r = subprocess.run([place.program, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           env=place.env)
        found |= set(re.findall(r"(?<![\w-])(--?[a-zA-Z][a-z-]*)", r.stdout + r.stderr))
    assert {"-e", "--data", "--check", "--match", "--bless"} <= found, found
    return found


def named(option, text):
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text)


def missing(place, text):
    return [o for o in sorted(options(place)) + WORDS if not named(o, text)]


def test_manual_names_every_option(place):
    text = (place.src / "docs/sluice.1").read_text().replace("\\-", "-")
    text = re.sub(r"\\f[BRI]", "", text)
    assert not missing(place, text), missing(place, text)
    for code in ("0", "1", "2", "130", "143"):
        assert f".TP\n.B {code}\n" in text, f"exit code {code}"
    for word in ("XDG_STATE_HOME", ".sluice_history", "NO_COLOR"):
        assert word in text, word


def test_completions_name_every_option(place):
    for name in ("sluice", "_sluice"):
        text = (place.src / "completions" / name).read_text()
        assert not missing(place, text), f"{name}: {missing(place, text)}"


def test_manual_is_well_formed(place):
    if not shutil.which("groff"):
        return
    r = subprocess.run(["groff", "-man", "-Tascii", "-P-cbu", "-ww", "-rLL=100n", str(place.src / "docs/sluice.1")],
                       capture_output=True, text=True)
    assert r.returncode == 0 and r.stderr == "", r.stderr
    assert "EXIT STATUS" in r.stdout


def complete(place, *words):
    """What bash offers for the last word."""
    quoted = " ".join(f"'{w}'" for w in ("sluice", *words))
    script = (f". '{place.src}/completions/sluice'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; "
              "_sluice; "
              'printf "%s\\n" "${COMPREPLY[@]}"')
    r = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=place.folder)
    assert r.returncode == 0 and r.stderr == "", r.stderr
    return r.stdout.split()


def test_bash_completes(place):
    for name in ("a.sql", "b.json", "c.txt"):
        (place.folder / name).touch()
    (place.folder / "folder").mkdir(exist_ok=True)
    assert complete(place, "r") == ["run"]
    assert complete(place, "--d") == ["--data", "--define"]
    assert complete(place, "-d", "") == ["folder"]
    assert complete(place, "--output", "j") == ["json"]
    assert complete(place, "-d", "folder", "-f", "") == ["a.sql", "folder"]
    assert complete(place, "run", "") == ["a.sql", "folder"]
    assert complete(place, "fmt", "--c") == ["--check"]
    assert complete(place, "test", "") == ["qtt", "rqtt", "sql", "plan", "--help"]
    assert complete(place, "test", "qtt", "") == ["b.json", "folder"]
    assert complete(place, "test", "sql", "--di") == ["--disk"]
    assert complete(place, "test", "plan", "--") == ["--bless"]
    assert complete(place, "--timeout", "") == []


def test_zsh_reads_its_completion(place):
    if shutil.which("zsh"):
        r = subprocess.run(["zsh", "-n", str(place.src / "completions/_sluice")], capture_output=True, text=True)
        assert r.returncode == 0 and r.stderr == "", r.stderr
