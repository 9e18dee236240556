"""docs/events.md, written from the registry of facts: what may stand in the journal, and who may see it."""

from __future__ import annotations

import dataclasses
import inspect
from itertools import groupby

from otklik.loading import load

HEAD = """\
# Events

Every fact that may stand in the journal. Written by `make docs` from the code, and tested for freshness.
*Version* says whether the fact raises the version of its ticket; *audience* is who may see it at most.
"""


def page() -> str:
    """The page as it should stand."""
    from otklik.journal.record import REGISTRY

    told = (fact for fact in REGISTRY.values() if ".tests." not in fact.__module__)
    facts = sorted(told, key=lambda fact: (fact.__module__, fact.kind))
    parts = [HEAD]
    for module, group in groupby(facts, key=lambda fact: fact.__module__):
        room = module.removeprefix("otklik.").removesuffix(".events")
        parts.append(f"\n## {room}\n\n| kind | audience | version | fields | what it says |\n|---|---|---|---|---|\n")
        for fact in group:
            fields = ", ".join(f"`{each.name}`" for each in dataclasses.fields(fact))
            words = " ".join((inspect.getdoc(fact) or "").split("\n\n")[0].split()).replace("|", "\\|")
            bumps = "raises" if fact.bumps_version else "keeps"
            parts.append(f"| `{fact.kind}` | {fact.audience} | {bumps} | {fields} | {words} |\n")
    return "".join(parts)


def main() -> None:
    """Print the page."""
    load()
    print(page(), end="")


if __name__ == "__main__":
    main()
