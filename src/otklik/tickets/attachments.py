"""Files: names made harmless, bytes kept under their SHA-256 outside of any web root (safety.md A2)."""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from otklik import clock
from otklik.people.models import Person
from otklik.tickets.models import Attachment, Message, Upload

MB = 1024 * 1024
MAX_FILE = 25 * MB  # one file from a form or the API
MAX_FILES = 10  # files of one message from a form
MAX_NAME = 150
UPLOAD_KEPT = timedelta(days=2)
_BIDI = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})


class TooLarge(ValueError):
    """The file is larger than ``MAX_FILE``."""


class StoreUnavailable(OSError):
    """The store cannot be written or read now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file whose bytes lie in the store already."""

    name: str
    type: str
    size: int
    sha256: str
    content_id: str = ""
    is_inline: bool = False


def clean_name(name: str) -> str:
    """A file name safe to show and to offer: normalised first, then last path part, no controls, 150 characters."""
    text = unicodedata.normalize("NFKC", name).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C" and c not in _BIDI).strip(" .")
    if len(text) > MAX_NAME:
        stem, dot, ending = text.rpartition(".")
        text = f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) <= 10 else text[:MAX_NAME]
    return text or "file"


def path_of(sha256: str) -> Path:
    """Where the bytes of this digest lie."""
    return Path(settings.FILES) / sha256[:2] / sha256[2:4] / sha256


def keep_bytes(chunks: Iterable[bytes], *, limit: int | None = None) -> tuple[str, int]:
    """Write bytes durably to the store; returns (SHA-256, size). Raises ``TooLarge``, ``StoreUnavailable``."""
    root = Path(settings.FILES)
    digest, size = hashlib.sha256(), 0
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=root, prefix=".part-", delete=False) as part:
            try:
                for chunk in chunks:
                    size += len(chunk)
                    if limit is not None and size > limit:
                        raise TooLarge(size)
                    digest.update(chunk)
                    part.write(chunk)
                part.flush()
                os.fsync(part.fileno())
                clock.faultpoint("files.before_rename")
                target = path_of(digest.hexdigest())
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                Path(part.name).rename(target)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
    except TooLarge:
        raise
    except OSError as trouble:
        raise StoreUnavailable(str(trouble)) from trouble
    return digest.hexdigest(), size


def upload(chunks: Iterable[bytes], *, name: str, type: str, owner: Person) -> Upload:
    """Keep a file that was picked, pasted or dragged, before the message it belongs to is sent."""
    sha256, size = keep_bytes(chunks, limit=MAX_FILE)
    return Upload.objects.create(
        name=clean_name(name), type=type[:100], size=size, sha256=sha256, owner=owner, created_at=clock.now()
    )


def uploaded(keys: Iterable[str], *, owner: Person) -> list[File]:
    """The files of earlier uploads of this person, in the order given; keys of others are left out."""
    wanted = list(dict.fromkeys(keys))[:MAX_FILES]
    found = {str(one.pk): one for one in Upload.objects.filter(pk__in=wanted, owner=owner)}
    return [
        File(name=one.name, type=one.type, size=one.size, sha256=one.sha256)
        for one in (found.get(str(key)) for key in wanted)
        if one is not None
    ]


def kept(data: bytes, *, name: str, type: str, content_id: str = "", is_inline: bool = False) -> File:
    """Keep bytes at hand (a mail's part) and describe them."""
    sha256, size = keep_bytes([data])
    return File(
        name=clean_name(name),
        type=type[:100],
        size=size,
        sha256=sha256,
        content_id=content_id[:200],
        is_inline=is_inline,
    )


def attach(message: Message, files: Iterable[File]) -> int:
    """Write the attachments of a message; returns how many."""
    rows = [
        Attachment(
            message=message,
            position=position,
            name=file.name,
            type=file.type,
            size=file.size,
            sha256=file.sha256,
            content_id=file.content_id,
            is_inline=file.is_inline,
        )
        for position, file in enumerate(files)
    ]
    Attachment.objects.bulk_create(rows)
    return len(rows)


def sweep_uploads() -> int:
    """Forget uploads that became part of nothing within two days; bytes go with ``otklik health --files``."""
    return Upload.objects.filter(created_at__lt=clock.now() - UPLOAD_KEPT).delete()[0]
