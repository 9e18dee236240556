"""Why a change to people, teams or places is not made, in words for whoever asked."""

from __future__ import annotations

from collections.abc import Iterable

from otklik.people.events import AccessFact


class Refused(Exception):
    """What stands in the way; ``field`` names the value that is wrong, where it is one."""

    def __init__(self, *texts: str, field: str = "") -> None:
        super().__init__(" ".join(texts))
        self.texts = texts
        self.field = field
        self.fact: AccessFact | None = None  # for the access log, written once the refused change is rolled back


class UnknownField(Refused):
    """A value was given for a field that the record does not have (safety.md S-28)."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__(", ".join(self.names), field=self.names[0])
