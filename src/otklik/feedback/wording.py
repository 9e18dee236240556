"""Names of the scores and of the modes, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def score_names() -> dict[int, str]:
    """What one to five mean."""
    return {1: _("Poor"), 2: _("Not great"), 3: _("Fine"), 4: _("Good"), 5: _("Excellent")}


def score_options() -> list[dict[str, object]]:
    """The same as options of a rating."""
    return [{"value": score, "label": name} for score, name in score_names().items()]


def mode_words(mode: str) -> str:
    """Who reads the score."""
    return {
        "named": _("Your score and words are read by the people who worked on it and their lead."),
        "confidential": _("Your score and words are read by the service manager only."),
        "anonymous": _("Your score is kept without your name and without the request; it cannot be changed."),
    }[mode]


def refusal(why: str) -> str:
    """Why a score is not taken."""
    return {
        "superseded": _("The request was worked on again since: rate the new solution"),
        "expired": _("The time for this score is over"),
        "spent": _("Your score is kept already"),
        "worked": _("You worked on this request yourself, so your score cannot count"),
    }[why]
