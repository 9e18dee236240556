"""Compiled templates on disk: Jinja compiles each template once per version, not once per process."""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache


class Compiled(FileSystemBytecodeCache):
    """Keeps the code of templates where Python keeps ours, and by Python's rules: a folder that is read-only stays so.

    Args:
        options: what else the code depends on, beside Jinja itself and the template.
        folder: where the code lies; by default beside the bytecode of this module.
    """

    def __init__(self, options: str, folder: Path | None = None) -> None:
        place = folder or Path(cache_from_source(__file__)).parent / "templates"
        super().__init__(str(place))
        self._mark = f"{jinja2.__version__} {options}".encode()

    def get_source_checksum(self, source: str) -> str:
        """The digest by which code is known to be of this source, compiled in this way."""
        return hashlib.sha256(self._mark + b"\0" + source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket where there is code for it."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code; where that cannot be, the next process compiles again."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
