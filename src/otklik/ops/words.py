"""Words of the command line in the operator's language, before and without Django."""

from __future__ import annotations

import gettext
import os
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).resolve().parent.parent / "locale"


def language() -> str:
    """``ru`` or ``en``: OTKLIK_LANGUAGE when set, else the terminal's locale, else English."""
    for name in ("OTKLIK_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "ru" if value.lower().startswith("ru") else "en"
    return "en"


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("django", CATALOGUES, [code], fallback=True)


def _(message: str) -> str:
    """The message in the operator's language."""
    return _catalogue(language()).gettext(message)
