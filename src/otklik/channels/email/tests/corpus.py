"""Real mails from beside the project (../shared/data): unpacked once into var/, read only by tests."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[5]
PLACES = [folder / "shared" / "data" for folder in ROOT.parents]
DATA = next((place for place in PLACES if place.is_dir()), PLACES[0])

needs_mails = pytest.mark.skipif(
    not (DATA / "A_mail.tar.xz").exists(), reason=f"the collection of real mails is not beside the project ({DATA})"
)


def unpacked(archive: str) -> Path:
    """Folder of an archive of the collection, unpacked at the first call by whichever test process is first."""
    target = ROOT / "var" / "mails" / archive
    if target.exists():
        return target
    building = target.with_name(f"{archive}.{id(target)}.{_process()}")
    with tarfile.open(DATA / archive) as tar:
        tar.extractall(building, filter="data")
    try:
        building.rename(target)
    except OSError:
        assert target.exists()  # another process was faster
    return target


def _process() -> int:
    import os

    return os.getpid()


def manifest() -> list[dict[str, Any]]:
    """Lines of the manifest of the collected mails, each with its expectations."""
    lines = (unpacked("A_mail.tar.xz") / "manifest.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def collected(row: dict[str, Any]) -> bytes:
    """Raw bytes of one manifest line."""
    return (unpacked("A_mail.tar.xz") / row["file"]).read_bytes()


def bulk() -> Iterator[Path]:
    """Files of the bulk corpus."""
    return (path for path in sorted(unpacked("A_mail_bulk.tar.xz").rglob("*")) if path.is_file())


def replies() -> list[dict[str, Any]]:
    """Cases of reply cutting."""
    return [json.loads(line) for line in (DATA / "A_replies.jsonl").read_text("utf-8").splitlines()]
