"""Whether manifest and tables agree, and a fingerprint of all that a source told (safety.md F-05)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC

from django.db import connection

# Facts that came with the ticket, its bindings too, and nothing that people did to it since.
TOLD = """
select c.key, e.seq, e.kind, e.effective_at, e.payload - 'message' - 'commitment', coalesce(m.text, '')
  from ops_importedcase c
  join journal_entry first on first.subject_kind = 'ticket' and first.subject_id = c.ticket_id::text and first.seq = 1
  join journal_entry e on e.subject_kind = 'ticket' and e.subject_id = first.subject_id
                      and e.correlation = first.correlation
  left join tickets_message m on m.id = nullif(e.payload->>'message', '')::uuid
 where c.source = %s order by c.key collate "C", e.seq"""

FINDINGS = {
    "imported without a ticket": """
select key from ops_importedcase where source = %(source)s and outcome = 'imported' and ticket_id is null""",
    "skipped with a ticket": """
select key from ops_importedcase where source = %(source)s and outcome <> 'imported' and ticket_id is not null""",
    "its ticket tells another story": """
select c.key from ops_importedcase c left join journal_entry e
    on e.subject_kind = 'ticket' and e.subject_id = c.ticket_id::text and e.seq = 1
   and e.kind = 'ticket.created' and e.provenance->>'source' = c.source and e.provenance->>'id' = c.key
 where c.source = %(source)s and c.ticket_id is not null and e.id is null""",
    "a ticket that the manifest does not have": """
select e.provenance->>'id' from journal_entry e
 where e.kind = 'ticket.created' and e.provenance->>'source' = %(source)s
   and not exists (select from ops_importedcase c where c.ticket_id::text = e.subject_id)""",
    "a ticket twice": """
select e.provenance->>'id' from journal_entry e
 where e.kind = 'ticket.created' and e.provenance->>'source' = %(source)s group by 1 having count(*) > 1""",
    "rows of the file that are nowhere": """
select f.name || ': ' || (f.rows - jsonb_array_length(f.problems) - coalesce(sum(c.rows), 0))
  from ops_importedfile f left join ops_importedcase c on c.file_id = f.id
 where f.source = %(source)s and f.ended_at is not null
   and not exists (select from ops_importedfile other where other.source = f.source and other.id < f.id)
 group by f.id having f.rows <> jsonb_array_length(f.problems) + coalesce(sum(c.rows), 0)""",
}


def findings(source: str) -> Iterator[tuple[str, str]]:
    """(what is wrong, where) for a source; nothing where manifest and tables agree."""
    with connection.cursor() as cursor:
        for what, statement in FINDINGS.items():
            cursor.execute(statement, {"source": source})
            yield from ((what, str(where)) for (where,) in cursor.fetchall())


def fingerprint(source: str) -> str:
    """SHA-256 over id in the source, order, kind, effective time, payload and words of every fact that it told."""
    told = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(TOLD, [source])
        while rows := cursor.fetchmany(2000):
            for key, seq, kind, at, payload, text in rows:
                content = json.loads(payload) if isinstance(payload, str) else payload
                line = [key, seq, kind, at.astimezone(UTC).isoformat(), content, text]
                told.update(json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return told.hexdigest()
