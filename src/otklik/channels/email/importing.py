"""Import of letters from a folder or an archive through the same intake, in this one process; it may be run again."""

from __future__ import annotations

import contextlib
import errno
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from django.db.models import Count

from otklik.channels.models import OUTCOMES, Inbound, Mailbox

from . import inbound
from .limits import MAX_MAIL

NO_LETTERS = (".json", ".jsonl", ".csv", ".md")


class NotAnArchive(ValueError):
    """The file is no archive that can be read."""


def run(place: str, *, mailbox: Mailbox) -> dict[str, int]:
    """Take in every letter of a folder (with those below it) or a tar archive; counts per outcome, ``seen`` first.

    A letter imported before is not taken in again, so that an import cut short goes on. Raises FileNotFoundError,
    `NotAnArchive`.
    """
    path = Path(place)
    if not path.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), place)
    name = path.resolve().name
    for member, raw in _letters(path):
        source = f"{name}:{member}"
        row = Inbound.objects.filter(mailbox=mailbox, source=source).first()
        if row is None:
            row = inbound.receive(raw, mailbox=mailbox, source=source, queue=False)
        inbound.at_once(row)
    return counts(mailbox, f"{name}:")


def counts(mailbox: Mailbox, source: str) -> dict[str, int]:
    """Outcomes of everything imported from there; what has none yet stands under ``unfinished``."""
    rows = Inbound.objects.filter(mailbox=mailbox, source__startswith=source)
    found = dict(rows.values_list("outcome").annotate(Count("pk")))
    told = {"seen": sum(found.values())} | {outcome: found.get(outcome, 0) for outcome in OUTCOMES}
    return told | ({"unfinished": found[""]} if "" in found else {})


def _letters(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(one for one in path.rglob("*") if one.is_file()):
            name = str(file.relative_to(path))
            if _is_letter(name):
                with file.open("rb") as stream:
                    yield name, stream.read(MAX_MAIL + 1)
        return
    try:
        archive = tarfile.open(path)  # noqa: SIM115  # closed below, its opening has its own refusal
    except tarfile.TarError as error:
        raise NotAnArchive(f"{path}: {error}") from error
    with contextlib.closing(archive):
        for member in archive:
            content = archive.extractfile(member) if member.isfile() and _is_letter(member.name) else None
            if content is not None:
                yield member.name, content.read(MAX_MAIL + 1)


def _is_letter(name: str) -> bool:
    last = name.rpartition("/")[2]
    return not last.startswith(".") and not last.lower().endswith(NO_LETTERS)
