"""Which pages a stranger may open: every page asks for a sign-in unless it says otherwise here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Mark a page that needs no sign-in; outermost, above other decorators. A test lists every page so marked."""
    view.public = True  # type: ignore[attr-defined]  # functions carry attributes
    return view


def is_public(view: Any) -> bool:
    """True for a page that a stranger may open."""
    return bool(getattr(view, "public", False))
