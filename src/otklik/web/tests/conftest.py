"""Pictures for the tests of files."""

from __future__ import annotations

import io

import pytest
from PIL import Image


@pytest.fixture
def png() -> bytes:
    """A small true picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (15, 95, 115)).save(buffer, "PNG")
    return buffer.getvalue()
