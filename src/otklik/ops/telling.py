"""What stops a command, told in one sentence that says what to do; a fault of the program keeps its traceback."""

from __future__ import annotations

import json
import lzma
import zlib

import psycopg

from otklik.ops.postgres import DatabaseRefused
from otklik.ops.reaching import in_words
from otklik.ops.serving import ListeningRefused
from otklik.ops.up import UpRefused
from otklik.ops.words import _

FINDING, WRONG_USAGE = 1, 2
REFUSALS = (DatabaseRefused, ListeningRefused, UpRefused)


def told(problem: BaseException) -> tuple[str, int] | None:
    """A sentence and an exit code, or None where only a traceback helps."""
    if isinstance(problem, REFUSALS):
        return str(problem), FINDING
    cause = problem.__cause__ if isinstance(problem.__cause__, psycopg.Error) else problem
    if isinstance(cause, psycopg.Error):
        words = in_words(cause)
        return (words, FINDING) if words else None
    words = _of_file(problem)
    return (words, WRONG_USAGE) if words else None


def _of_file(problem: BaseException) -> str:
    if isinstance(problem, json.JSONDecodeError):
        told = {"line": problem.lineno, "column": problem.colno}
        return _("This is not JSON: it breaks off at line %(line)d, column %(column)d. Correct the file.") % told
    if isinstance(problem, UnicodeDecodeError):
        return _("The file is not text in UTF-8: save it in this encoding, or give another file.")
    if isinstance(problem, lzma.LZMAError | zlib.error | EOFError):
        return _("The packed file is broken or not what its name says: fetch it again, or unpack it first.")
    if not isinstance(problem, OSError) or problem.filename is None:
        return ""
    name = {"file": problem.filename}
    if isinstance(problem, FileNotFoundError):
        return _("There is no file “%(file)s”: look at the path.") % name
    if isinstance(problem, IsADirectoryError):
        return _("“%(file)s” is a folder: name a file in it.") % name
    if isinstance(problem, PermissionError):
        return _("“%(file)s” may not be opened by this user: allow it, or run the command as its owner.") % name
    return _("“%(file)s” cannot be opened: %(why)s.") % (name | {"why": problem.strerror})
