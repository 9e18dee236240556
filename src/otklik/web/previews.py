"""Previews of pictures: re-encoded in a limited child, kept by digest, shown under addresses that soon expire."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404
from django.urls import reverse

from otklik.people.models import Person
from otklik.tickets import access
from otklik.tickets.attachments import IMAGES, path_of
from otklik.tickets.models import Attachment

EDGES = {"thumb": 320, "large": 1600}  # longest side in pixels
PATIENCE = 20  # seconds for one picture
LINK_LIVES = 300  # seconds that a signed address works
_PROGRAM = Path(__file__).with_name("picture.py")


def preview_of(sha256: str, size: str) -> Path | None:
    """The re-encoded picture of stored bytes, made when it is first asked for; None where they are no picture."""
    target = Path(settings.HOME) / "previews" / sha256[:2] / f"{sha256}-{size}.webp"
    refusal = target.with_suffix(".none")
    if target.exists():
        return target
    if refusal.exists() or not path_of(sha256).exists():
        return None
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _encode(path_of(sha256), target, EDGES[size]):
        return target
    refusal.touch()
    return None


def _encode(source: Path, target: Path, edge: int) -> bool:
    descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    os.close(descriptor)
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM), str(source), part, str(edge)],
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            check=False,
        )
        if done.returncode == 0 and Path(part).stat().st_size:
            Path(part).rename(target)
            return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        Path(part).unlink(missing_ok=True)
    return False


def is_picture(file: Attachment) -> bool:
    """Whether a preview may be tried; what the bytes really are is found out by the child."""
    return file.type in IMAGES and file.scan != "infected"


# -- signed addresses, for the message frame that carries no cookie ---------------------------------------------------
def _signer() -> TimestampSigner:
    return TimestampSigner(salt="otklik.web.previews")


def signed_address(file: Attachment, size: str, reader: Person) -> str:
    """A preview's path that works for five minutes and only as long as this person may read the message."""
    token = _signer().sign(f"{file.pk}:{size}:{reader.pk}")
    return reverse("files:signed_preview", args=[token])


def redeem(token: str) -> tuple[Attachment, str]:
    """The file and size behind a signed path; ``Http404`` where it is stale, forged, or the right is gone."""
    try:
        key, size, reader = _signer().unsign(token, max_age=LINK_LIVES).split(":")
    except (BadSignature, ValueError) as wrong:
        raise Http404 from wrong
    person = Person.objects.filter(pk=int(reader), is_active=True).first()
    return access.attachment_for(access.viewer(person), key), size
