"""The child process in which a suspect runs alone: ``python -m otklik.jobs.one ID TOKEN``."""

import sys

from django.db import connection

from otklik.jobs import statements as sql
from otklik.jobs.draining import run_here
from otklik.jobs.queue import handed
from otklik.loading import load


def run_one(job_id: int, token: int) -> None:
    """Run the job if the lease is still ours; its failure is settled here, a crash is left to the parent."""
    with connection.cursor() as cursor:
        cursor.execute(sql.HELD, (job_id, token))
        rows = cursor.fetchall()
    for job in handed(rows):
        run_here(job)


if __name__ == "__main__":
    load()  # the rooms fill the registry of tasks
    run_one(int(sys.argv[1]), int(sys.argv[2]))
