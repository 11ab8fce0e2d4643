# SPDX-License-Identifier: Apache-2.0
"""A program under a pseudo-terminal, driven by what it shows.

expect() reads until a text appears in what came since the last expect(); there is no sleep anywhere, only
one deadline for each expectation. Control sequences are taken out before texts are compared; `raw` keeps them.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = float(os.environ.get("SHELL_TEST_DEADLINE", "20"))
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]|\r|\x07")


class Failure(Exception):
    pass


class Terminal:
    def __init__(self, args, env=None, columns=100, lines=40, cwd=None):
        self.raw = ""
        self.seen = 0  # of the text without control sequences: what was expected already
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                if cwd:
                    os.chdir(cwd)
                os.execvpe(args[0], args, env or os.environ)
            except OSError as e:
                print(e, file=sys.stderr)
            os._exit(127)
        self.resize(columns, lines)
        self.buffer = b""

    def resize(self, columns, lines=40):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def text(self):
        return CONTROL.sub("", self.raw)

    def read(self, timeout):
        """More output; False when none came in time, None at the end."""
        ready, _, _ = select.select([self.fd], [], [], max(timeout, 0))
        if not ready:
            return False
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            got = b""
        if not got:
            return None
        self.buffer += got
        try:
            self.raw += self.buffer.decode()
            self.buffer = b""
        except UnicodeDecodeError as e:
            if len(self.buffer) - e.start > 4:
                self.raw += self.buffer.decode(errors="replace")
                self.buffer = b""
        return True

    def expect(self, *texts):
        """Reads until each of the texts, one after another, was shown; returns what stood before the last."""
        before = ""
        for text in texts:
            end = time.monotonic() + DEADLINE
            while True:
                shown = self.text()
                at = shown.find(text, self.seen)
                if at >= 0:
                    before = shown[self.seen:at]
                    self.seen = at + len(text)
                    break
                more = self.read(end - time.monotonic())
                if not more:
                    why = "the program ended" if more is None else "nothing more came"
                    raise Failure(f"{text!r} was not shown ({why}); instead:\n{self.text()[self.seen:]}")
        return before

    def send(self, text):
        os.write(self.fd, text.encode())

    def line(self, text):
        self.send(text + "\r")

    def kill(self, sig):
        os.kill(self.pid, sig)

    def wait(self):
        """Reads to the end; the exit code, negative for a signal."""
        end = time.monotonic() + DEADLINE
        while self.status is None:
            more = self.read(end - time.monotonic())
            if more is False:
                raise Failure(f"the program did not end; it showed:\n{self.text()[self.seen:]}")
            if more is None:
                _, status = os.waitpid(self.pid, 0)
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def close(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except OSError:
                pass
        os.close(self.fd)


class Screen:
    """What a terminal of so many columns shows after control sequences that libedit uses; one that it does not know is an error."""

    def __init__(self, text, columns):
        self.columns, self.rows, self.y, self.x = columns, [[]], 0, 0
        for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z@]|\x1b[=>M]|.", text, re.DOTALL):
            if piece.startswith("\x1b["):
                self.control(piece[-1], int(piece[2:-1]) if piece[2:-1].isdigit() else 0)
            elif piece == "\x1bM":
                self.y -= 1
            elif piece == "\r":
                self.x = 0
            elif piece == "\n":
                self.down()
            elif piece == "\b":
                self.x -= 1
            elif piece >= " ":
                self.put(piece)

    def down(self):
        self.y += 1
        while self.y >= len(self.rows):
            self.rows.append([])

    def put(self, char):
        if self.x == self.columns:  # the last column was written: the next character wraps
            self.down()
            self.x = 0
        row = self.rows[self.y]
        row.extend(" " * (self.x + 1 - len(row)))
        row[self.x] = char
        self.x += 1

    def control(self, what, n):
        row = self.rows[self.y]
        if what == "K":
            del row[self.x:]
        elif what == "J":
            del row[self.x:], self.rows[self.y + 1:]
        elif what == "G":
            self.x = max(n, 1) - 1
        elif what == "C":
            self.x += max(n, 1)
        elif what == "D":
            self.x -= max(n, 1)
        elif what == "A":
            self.y -= max(n, 1)
        elif what == "B":
            self.y += max(n, 1)
        elif what == "@":
            row[self.x:self.x] = " " * max(n, 1)
            del row[self.columns:]
        elif what == "P":
            del row[self.x:self.x + max(n, 1)]
        elif what not in "hlm":
            raise Failure(f"a control sequence that is not known: {what}")

    def lines(self):
        return ["".join(row).rstrip() for row in self.rows]
