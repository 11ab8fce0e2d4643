# SPDX-License-Identifier: Apache-2.0
"""examples/shopping-cart-ksql: as a script, in the shell, and with a kill -9 behind each of its statements."""
import signal

import terminal

EXAMPLE = "examples/shopping-cart-ksql"
COUNT = 12  # statements of the script


def script(place):
    return (place.src / EXAMPLE / "cart.sql").read_text()


def expected(place):
    return (place.src / EXAMPLE / "expected.txt").read_text()


def statements(place):
    """Without comments; the script has no semicolon but at the ends of statements."""
    lines = [line for line in script(place).splitlines() if not line.startswith("--")]
    found = [s.strip() + ";" for s in "\n".join(lines).split(";") if s.strip()]
    assert len(found) == COUNT, found
    return found


def answers(place, sql):
    """expected.txt, cut into the answers of the statements."""
    lines = expected(place).splitlines(keepends=True)
    found = []
    for statement in sql:
        word = statement.split()[0]
        n = {"SET": 1, "INSERT": 0, "CREATE": 5}.get(word)
        if n is None:
            n = lines.index("Query terminated\n") + 1
        found.append("".join(lines[:n]))
        lines = lines[n:]
    assert not lines, lines
    return found


def same(got, wanted):
    assert got == wanted, f"wanted\n{wanted}\ngot\n{got}"


def rows(text):
    """The cells of the rows of a table, without its header."""
    lines = text.replace("Press CTRL-C to interrupt", "").splitlines()  # which a terminal overwrites
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [cells for cells in found if cells[0] != "CUSTOMER" and cells[0] != "TOTAL_QTY"]


CART = [["bob", "hats", "1"], ["bob", "pants", "1"], ["bob", "t-shirts", "1"]]
EVENTS = [["bob", "pants", "2"], ["bob", "t-shirts", "1"], ["bob", "pants", "-1"], ["bob", "hats", "1"]]


def test_script_in_memory(place):
    same(place.run("run", str(place.src / EXAMPLE / "cart.sql")), expected(place))


def test_script_on_standard_input(place):
    same(place.run(input=script(place)), expected(place))


def test_script_in_a_directory(place):
    same(place.run("-d", "data", "run", str(place.src / EXAMPLE / "cart.sql")), expected(place))
    assert sorted(rows(place.run("-d", "data", "-e", "SELECT * FROM current_shopping_cart;"))) == CART
    whole(place)


def test_expected_shows_the_cart(place):
    found = answers(place, statements(place))
    assert rows(found[7]) == EVENTS, found[7]
    assert [r[1:] for r in rows(found[9])] == [["t-shirts", "1"], ["pants", "1"], ["hats", "1"]], found[9]
    assert sorted(rows(found[10])) == CART, found[10]
    assert rows(found[11]) == [["1"]], found[11]


def enter(t, statement):
    """Types a statement, line by line, as a person does."""
    lines = statement.split("\n")
    for line in lines[:-1]:
        t.line(line)
        t.expect("\n", "      > ")
    t.line(lines[-1])
    t.expect("\n")


def test_in_the_shell(place):
    t = place.shell(columns=100)
    sql = statements(place)
    for statement in sql[:2]:
        enter(t, statement)
        t.expect("Successfully changed local property", "sluice> ")
    enter(t, sql[2])
    t.expect(" Stream created ", "sluice> ")
    for statement in sql[3:7]:
        enter(t, statement)
        assert t.expect("sluice> ").strip() == ""
    enter(t, sql[7])
    shown = t.expect("Query terminated\n")
    assert rows(shown) == EVENTS, shown
    t.expect("sluice> ")
    enter(t, sql[8])
    t.expect("Created query with ID CTAS_CURRENT_SHOPPING_CART_", "sluice> ")

    # The table's first rows come with its first commit, after this query began; so does the next change.
    enter(t, sql[9].replace(" LIMIT 3", ""))
    wide = "|{:31}|{:31}|{:31}|\n"
    t.expect(*[wide.format("bob", item, "1") for item in ("t-shirts", "pants", "hats")])
    t.send("\x03")
    t.expect("Query terminated\n", "sluice> ")
    enter(t, "INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 'hats', 4);")
    t.expect("sluice> ")
    enter(t, "SELECT * FROM current_shopping_cart EMIT CHANGES;")
    t.expect(wide.format("bob", "hats", "5"))
    t.send("\x03")
    t.expect("Query terminated\n", "sluice> ")

    enter(t, sql[10])
    shown = t.expect("Query terminated\n")
    assert sorted(rows(shown)) == [["bob", "hats", "5"], *CART[1:]], shown
    t.expect("sluice> ")
    enter(t, sql[11])
    shown = t.expect("Query terminated\n")
    assert rows(shown) == [["1"]], shown
    t.expect("sluice> ")
    t.line("exit")
    assert t.wait() == 0, f"exit code {t.wait()}\n{t.text()[t.seen:]}"


def whole(place):
    """Each event was kept and counted once: one more event, and the stream and the table up to it."""
    got = place.run("-d", "data", "-e",
                    "SET 'auto.offset.reset' = 'earliest';"
                    "INSERT INTO shopping_cart_events (customer, item, qty) VALUES ('bob', 'the last', 7);"
                    "SELECT * FROM shopping_cart_events EMIT CHANGES LIMIT 5;"
                    "SELECT * FROM current_shopping_cart WHERE item = 'the last' EMIT CHANGES LIMIT 1;"
                    "SELECT * FROM current_shopping_cart;")
    found = rows(got)
    last = ["bob", "the last", "7"]
    assert found[:5] == [*EVENTS, last], got
    assert found[5] == last, got
    assert sorted(found[6:]) == sorted([*CART, last]), got


def test_killed_after_statement(place, n):
    """The first n statements in a process that is killed when the n-th was answered; the rest in the next one."""
    sql = statements(place)
    found = answers(place, sql)
    t = place.shell("-d", "data")
    for statement in sql[:n]:
        enter(t, statement)
        if statement.startswith("SELECT"):
            t.expect("Query terminated\n")
        t.expect("sluice> ")
    t.kill(signal.SIGKILL)
    status = t.wait()
    if status != -signal.SIGKILL:
        raise terminal.Failure(f"it ended with {status}")
    again = min(n, 2)  # properties of a session end with it
    got = place.run("-d", "data", "run", "-", input="\n".join(sql[:again] + sql[n:]))
    same(got, "".join(found[:again] + found[n:]))
    assert sorted(rows(place.run("-d", "data", "-e", "SELECT * FROM current_shopping_cart;"))) == CART
    whole(place)


test_killed_after_statement.cases = list(range(1, COUNT + 1))
