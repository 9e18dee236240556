"""Was this letter written by a person?  The rules of domain.md §10.4, and nothing else, decide."""

from __future__ import annotations

from collections.abc import Collection

from .addresses import Address
from .structure import Part

_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
OURS = "x-otklik"  # the field by which our own mail is known when it comes back
_LISTS = ("list-id", "list-post", "list-unsubscribe", "list-help", "list-subscribe", "list-owner", "mailing-list")


def _word(value: bytes) -> str:
    """First word of a field such as Auto-Submitted, in lower case, comments and parameters aside."""
    text = value[:200].decode("latin-1").partition("(")[0].partition(";")[0].strip().lower()
    return text.split()[0] if text else ""


def reason(root: Part, *, author: Address, report: bool, own: Collection[str] = ()) -> str:
    """Why a letter counts as automatic, "" when a person wrote it (domain.md §10.4).

    Args:
        root: the letter's top part. author: its From. report: whether it is a delivery report.
        own: addresses of this desk, in lower case.
    """
    if report:
        return "delivery report"
    if (submitted := _word(root.first("auto-submitted"))) and submitted != "no":
        return "auto-submitted"
    if any(value.strip() == b"<>" for value in root.every("return-path")[:1]):
        return "null return-path"
    if any(_word(value) in _BULK for value in root.every("precedence")):
        return "precedence"
    if root.first("list-id").strip():
        return "list-id"
    if any(name == OURS or name.startswith(OURS + "-") for name, _ in root.fields):
        return "our own mail"
    if author.address.lower() in own:
        return "our own address"
    return ""


def suppresses_reply(root: Part) -> bool:
    """X-Auto-Response-Suppress asks for no automatic answer; it does not make the letter automatic (§10.4)."""
    value = root.first("x-auto-response-suppress").decode("latin-1").lower()
    return any(word.strip() in ("all", "autoreply", "oof", "dr", "rn", "nrn") for word in value.split(","))


def list_fields(root: Part) -> dict[str, str]:
    """Fields of a mailing list, as they stand."""
    return {name: value.decode("latin-1").strip()[:500] for name, value in root.fields if name in _LISTS}
