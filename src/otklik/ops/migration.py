"""Bringing the database to this version: as the owner of the tables, one process at a time."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

import otklik
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
    mark = _mark(profile)
    with psycopg.connect(settings.DATABASE_OWNER_URL) as connection:
        if _marked(connection) == mark:  # told without Django, whose start and graph of migrations take seconds
            return 0
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
    # who may not comment on the schema goes the long way each time
    with (
        suppress(psycopg.errors.InsufficientPrivilege),
        psycopg.connect(settings.DATABASE_OWNER_URL) as connection,
    ):
        connection.execute(sql.SQL("comment on schema public is {}").format(sql.Literal(mark)))
    return 0


def _mark(profile: str) -> str:
    """What a database of this version carries: its migrations, the role that shares it, the profile."""
    role = conninfo_to_dict(settings.DATABASE_URL).get("user")
    digest = hashlib.sha256(f"{metadata.version('django')} {role} {profile}".encode())
    source = Path(otklik.__file__).parent
    for file in [*sorted(source.glob("**/migrations/*.py")), *sorted((source / "ops").glob("*.py"))]:
        digest.update(str(file.relative_to(source)).encode() + file.read_bytes())
    return f"Otklik {digest.hexdigest()}"


def _marked(connection: psycopg.Connection) -> str:
    found = connection.execute("select obj_description('public'::regnamespace, 'pg_namespace')").fetchone()
    return str(found[0]) if found else ""


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
