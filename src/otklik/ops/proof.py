"""``otklik journal verify``: walk every chain of the journal and name each spot that does not follow."""

from __future__ import annotations

import json
from dataclasses import asdict

from otklik.journal import seal
from otklik.journal.models import Entry, Head
from otklik.ops.words import _


def report(*, as_json: bool) -> int:
    """Print what was found; 0 when the journal is whole, else 1."""
    found = list(seal.verify())
    counts = {"entries": Entry.objects.count(), "subjects": Head.objects.count()}
    if as_json:
        print(json.dumps({**counts, "findings": [asdict(one) for one in found]}, ensure_ascii=False, indent=2))
    else:
        for one in found:
            print(f"✗ {one.subject} № {one.seq}: {one.what}")
        print(_("%(entries)s entries about %(subjects)s subjects were read.") % counts, end=" ")
        print(_("%s spots do not follow.") % len(found) if found else _("Nothing was changed by hand."))
    return 1 if found else 0
