"""Facts about satisfaction (domain.md §3, §9.3): bookkeeping, so nobody's page grows stale by them."""

from __future__ import annotations

from dataclasses import dataclass

from otklik.journal.record import INTERNAL, RESTRICTED, Event


@dataclass(frozen=True, kw_only=True)
class SurveyFact(Event):
    """Base: which survey, in which mode; a confidential one is not read by those who worked on the ticket."""

    bumps_version = False
    survey: int
    mode: str = "named"

    def seen_by(self) -> str:
        return INTERNAL if self.mode == "named" else RESTRICTED


@dataclass(frozen=True, kw_only=True)
class CsatSent(SurveyFact):
    """A survey was offered to a person together with the solution."""

    kind = "csat.sent"
    person: int
    version: int = 0
    expires_at: str = ""

    def seen_by(self) -> str:
        return INTERNAL


@dataclass(frozen=True, kw_only=True)
class CsatRated(SurveyFact):
    """A score from one to five; the last one of a survey counts."""

    kind = "csat.rated"
    person: int
    score: int
    channel: str = "portal"


@dataclass(frozen=True, kw_only=True)
class CsatCommented(SurveyFact):
    """Words beside the score; they stand in the survey's own row, here only that there are some."""

    kind = "csat.commented"
    score: int
    length: int


@dataclass(frozen=True, kw_only=True)
class ReviewAsked(SurveyFact):
    """A score of 1 or 2: the lead shall look into it («разобрать оценку») until the given time."""

    kind = "csat.review_asked"
    score: int
    until: str


@dataclass(frozen=True, kw_only=True)
class ComplaintMade(Event):
    """The requester told the support lead that it takes too long."""

    kind = "complaint.made"
    bumps_version = False
    person: int
    text: str = ""
