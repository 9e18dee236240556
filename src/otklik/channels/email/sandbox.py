"""Parsing of foreign mail in a child process with limits on processor time, memory and the clock (safety.md A13).

A `Nursery` is a small warm process without database, threads or sockets. It forks a child that
parses letters and is replaced often; whatever happens to the child, each letter's fate is an answer: a `Letter`, or
`Parked` with a reason.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from . import limits, patterns
from .message import Letter, parse

_LENGTH = struct.Struct("!Q")
_SOURCE = str(Path(__file__).resolve().parents[3])
MAX_ANSWER = 4 * limits.MAX_MAIL  # bytes of a child's answer
LETTERS = 100  # letters a child parses before it is replaced
LARGE = limits.MB  # bytes of a letter after which it is replaced at once, to give its memory back
MAX_REASON = 300  # characters


@dataclass(frozen=True)
class Parked:
    """A letter that could not be understood; its raw bytes stay with the caller, a person looks at them."""

    reason: str


def understand(raw: bytes, own: Collection[str] = ()) -> Letter | Parked:
    """Parse in this process, every error turned into `Parked`; for children, and for tests of the rule itself."""
    try:
        return parse(raw, own=own)
    except limits.LimitExceeded as error:
        return Parked(f"limit: {error}")
    except MemoryError:
        return Parked("memory")
    except (Exception, RecursionError) as error:  # hostile mail may break anything; the letter is parked, not lost
        return Parked(f"error: {type(error).__name__}: {error}"[:MAX_REASON])


# -- the parent's side -------------------------------------------------------------------------------------------------
class Nursery:
    """The warm parent of parsing children; one letter at a time, safe to share among threads.

    Use as a context manager or `close` it. If it dies it is started again at the next letter.
    """

    def __init__(self, *, own: Collection[str] = (), wall: float = limits.WALL_SECONDS) -> None:
        self.own = tuple(own)
        self.wall = wall
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, raw: bytes) -> Letter | Parked:
        """Understand one letter; never raises for what a letter may hold."""
        try:
            limits.check(raw)
        except limits.LimitExceeded as error:
            return Parked(f"limit: {error}")
        with self._lock:
            for attempt in (1, 2):
                try:
                    return self._ask(raw)
                except (OSError, EOFError, pickle.UnpicklingError) as error:
                    self._stop()
                    if attempt == 2:
                        return Parked(f"sandbox: {type(error).__name__}: {error}"[:MAX_REASON])
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the warm parent; its present child ends with it."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._stop()
            environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
            environment["PYTHONPATH"] = os.pathsep.join([_SOURCE, *filter(None, [os.environ.get("PYTHONPATH")])])
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from otklik.channels.email import sandbox; sandbox.serve()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                cwd="/",
                close_fds=True,
                start_new_session=True,  # a Ctrl-C for the worker lets the letter in hand finish
            )
        return self._process

    def _ask(self, raw: bytes) -> Letter | Parked:
        process = self._started()
        assert process.stdin
        assert process.stdout
        head = pickle.dumps((self.own, self.wall))
        for piece in (_LENGTH.pack(len(head)), head, _LENGTH.pack(len(raw)), raw):
            process.stdin.write(piece)
        process.stdin.flush()
        answer: Letter | Parked = pickle.loads(_read(process.stdout))  # noqa: S301 - written by our own child
        return answer


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the other side is gone")
    return data


def _read(stream: IO[bytes]) -> bytes:
    (size,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, size)


# -- the warm parent ---------------------------------------------------------------------------------------------------
def serve() -> None:
    """Read letters from standard input, answer on standard output, until the input ends."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    import charset_normalizer  # noqa: F401  # the children find it ready, as they do the patterns

    patterns.warm()
    parse(b"From: a@b.example\nSubject: =?koi8-r?B?8NLJ18XU?=\nContent-Type: text/html\n\n<p>warm</p>")
    child = _Child()
    while True:
        try:
            own, wall = pickle.loads(_read(stdin))  # noqa: S301 - written by our own parent
            raw = _read(stdin)
        except EOFError:
            child.end()
            return
        answer = child.ask(raw, own, wall)
        del raw
        stdout.write(_LENGTH.pack(len(answer)))
        stdout.write(answer)
        stdout.flush()


class _Child:
    """The forked process that parses; replaced after `LETTERS` letters, after a large one, and whenever it dies."""

    def __init__(self) -> None:
        self.pid = 0
        self.letters = 0
        self.to_child = self.from_child = -1

    def begin(self) -> None:
        """Fork."""
        child_reads, self.to_child = os.pipe()
        self.from_child, child_writes = os.pipe()
        self.pid = os.fork()
        self.letters = 0
        if self.pid == 0:
            os.close(self.to_child)
            os.close(self.from_child)
            _be_the_child(child_reads, child_writes)
        os.close(child_reads)
        os.close(child_writes)

    def end(self) -> int:
        """Stop the child and answer its wait status."""
        if not self.pid:
            return 0
        os.close(self.to_child)
        os.close(self.from_child)
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return status

    def ask(self, raw: bytes, own: Collection[str], wall: float) -> bytes:
        """A pickled answer to one letter; a child that dies, stalls or floods gives a `Parked`."""
        if not self.pid:
            self.begin()
        self.letters += 1
        reason, answer = "", b""
        try:
            question = pickle.dumps((raw, own), protocol=5)
            _write(self.to_child, _LENGTH.pack(len(question)))
            _write(self.to_child, question)
            del question
            answer, reason = self._answer(wall)
        except BrokenPipeError:
            reason = "died"
        if reason == "died":
            reason = _cause(self._buried())
        if reason:
            self.end()
            return pickle.dumps(Parked(reason))
        if self.letters >= LETTERS or len(raw) > LARGE:
            self.end()
        return answer

    def _buried(self) -> int:
        """Wait status of a child that has ended by itself."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self.to_child)
        os.close(self.from_child)
        self.pid = 0
        return status

    def _answer(self, wall: float) -> tuple[bytes, str]:
        """(answer, "") or (b"", what went wrong)."""
        deadline = time.monotonic() + wall
        answer, size = bytearray(), -1
        while size < 0 or len(answer) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.from_child], [], [], left)[0]:
                return b"", "time"
            piece = os.read(self.from_child, 1 << 20)
            if not piece:
                return b"", "died"
            answer += piece
            if size < 0 and len(answer) >= _LENGTH.size:
                (size,) = _LENGTH.unpack(answer[: _LENGTH.size])
                del answer[: _LENGTH.size]
                if size > MAX_ANSWER:
                    return b"", "answer too large"
        return bytes(answer), ""


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _cause(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "processor time" if number in (signal.SIGXCPU, signal.SIGKILL) else f"signal {number}"
    return "memory"


def _be_the_child(reader: int, writer: int) -> None:
    """Answer letters until the pipe ends; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY, limits.MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with os.fdopen(reader, "rb") as questions:
            while True:
                raw, own = pickle.loads(_read(questions))  # noqa: S301 - written by our own parent
                spent = int(time.process_time()) + 1
                resource.setrlimit(resource.RLIMIT_CPU, (spent + limits.CPU_SECONDS, resource.RLIM_INFINITY))
                answer = pickle.dumps(understand(raw, own), protocol=5)
                _write(writer, _LENGTH.pack(len(answer)))
                _write(writer, answer)
                del raw, answer
    except EOFError:
        code = 0
    except BaseException:
        code = 1
    finally:
        os._exit(code)
