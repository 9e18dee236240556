"""Bringing the database to this version: as the owner of the tables, one process at a time."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from otklik import settings
from otklik.ops.ground import Needs, prepare
from otklik.ops.postgres import refuse_foreign_letters

LOCK = 0x07_0D_BA_5E  # any number that nobody else uses


def run(*, profile: str = "") -> int:
    """Migrate, and let the plain role use what the owner owns.

    Args:
        profile: lay out what every desk starts with, unless that was done before; empty: nothing.
    """
    if not (settings.text("DATABASE_URL") or settings.text("DATABASE_OWNER_URL")):
        settings.EMBEDDED.start()
        settings.EMBEDDED.create(settings.EMBEDDED_DATABASE)
    refuse_foreign_letters(settings.DATABASE_OWNER_URL)
    prepare(Needs.DJANGO)
    from django.core.management import call_command

    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        call_command("migrate", verbosity=0, interactive=False)
        _share(connection)
    if profile:
        from otklik.ops.starting import begin, begun

        if not begun():
            begin(profile)
    return 0


def _share(connection: psycopg.Connection) -> None:
    """Grant the plain role rows, not tables: it may read and write, never alter, truncate or switch off a trigger."""
    role = conninfo_to_dict(settings.DATABASE_URL).get("user")
    if not role or role == connection.info.user:
        return
    for grant in (
        "grant usage on schema public to {}",
        "grant select, insert, update, delete on all tables in schema public to {}",
        "grant usage, select on all sequences in schema public to {}",
        "alter default privileges in schema public grant select, insert, update, delete on tables to {}",
        "alter default privileges in schema public grant usage, select on sequences to {}",
    ):
        connection.execute(sql.SQL(grant).format(sql.Identifier(str(role))))
