"""A reader process that looks into a mailbox and takes everything in: ``python -m otklik.channels.tests.rig NAME``."""

from __future__ import annotations

import os
import sys

from psycopg.conninfo import make_conninfo


def environment(**extra: str) -> dict[str, str]:
    """The environment in which another process works on this test's database and reaches the loopback."""
    from django.conf import settings
    from django.db import connection

    address = make_conninfo(settings.DATABASE_URL, dbname=str(connection.settings_dict["NAME"]))
    return os.environ | {"DATABASE_URL": address, "OTKLIK_EGRESS_ALLOW": "127.0.0.0/8"} | extra


def command(name: str) -> list[str]:
    """The command line of this file."""
    return [sys.executable, "-m", "otklik.channels.tests.rig", name]


def main() -> None:
    from otklik.loading import load

    load()
    from otklik.channels import intake
    from otklik.channels.email import watching
    from otklik.channels.models import Inbound, Mailbox
    from otklik.jobs import drain

    watching.look_once(Mailbox.objects.get(name=sys.argv[1]))
    for row in Inbound.objects.unfinished():  # what a worker killed before us held: its lease would run out
        intake.enqueue_reading(row)
    drain(["intake"])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.settings")
    main()
