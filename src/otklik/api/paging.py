"""Pages by key: the cursor names the last row seen, so that a list is stable while it grows."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from otklik.api.errors import Unusable
from otklik.tickets.models import Ticket, TicketQuerySet

MAX_PAGE = 100
PAGE = 50
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE)]


def cursor_of(*values: Any) -> str:
    """The place after a row, as text that callers hand back unread."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read(cursor: str, kinds: Sequence[type]) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode()))
        if len(values) != len(kinds):
            raise ValueError(cursor)
        return [_typed(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as trouble:
        raise Unusable("cursor", "malformed") from trouble


def _typed(kind: type, value: Any) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1970 <= moment.year <= 9000:
            raise ValueError(value)
        return moment
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(value)
    return value


def newest_first(rows: TicketQuerySet, cursor: str, limit: int) -> tuple[list[Ticket], str]:
    """One page by number, newest first, and the cursor of the next one ('' at the end)."""
    if cursor:
        rows = rows.filter(number__lt=_read(cursor, [int])[0])
    page = list(rows.order_by("-number")[: limit + 1])
    more = len(page) > limit
    page = page[:limit]
    return page, cursor_of(page[-1].number) if more else ""


def by_change(rows: TicketQuerySet, since: datetime, cursor: str, limit: int) -> tuple[list[Ticket], str]:
    """One page of what changed since a moment, oldest change first: to keep a copy up to date."""
    if cursor:
        moment, number = _read(cursor, [datetime, int])
        rows = rows.filter(updated_at__gte=moment).exclude(updated_at=moment, number__lte=number)
    page = list(rows.filter(updated_at__gte=since).order_by("updated_at", "number")[: limit + 1])
    more = len(page) > limit
    page = page[:limit]
    return page, cursor_of(page[-1].updated_at, page[-1].number) if more else ""
