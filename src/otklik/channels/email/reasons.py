"""Words by which mail servers say that a letter will be tried again, or never (ru, en)."""

from __future__ import annotations

from .patterns import pattern

_TRYING = pattern(
    r"(?i)(will (?:keep|continue to|be) (?:try|retr|attempt)|warning message only|do not need to resend|"
    r"has not yet been delivered|delivery attempts will continue|will be retried|"
    r"delivery attempts? will (?:continue|be)|still trying|no action is required|"
    r"попытки доставки будут продолж|будут продолжены попытки|delayed (?:for )?\d+ hours)"
)


def still_trying(text: str) -> bool:
    """Whether the server goes on trying: the letter is late, not lost."""
    return bool(_TRYING.search(text))


def status(action: str) -> str:
    """A status for a report that names no code at all (RFC 3463 class with nothing particular)."""
    if action in ("delivered", "relayed", "expanded"):
        return "2.0.0"
    return "4.0.0" if action == "delayed" else "5.0.0"
