"""Alarms of the house: a job that was given up is told to the administrators."""

from __future__ import annotations

from otklik.jobs import DeadLetter

from .dispatch import tell_admins

OWN = ("outbox.", "notifications.")  # what carries letters does not tell of its own failure by letter


def gave_up(dead: DeadLetter) -> None:
    """Called in the transaction of the burial."""
    tell_admins("gave_up", {"what": dead.task, "task": dead.task}, by_mail=not dead.task.startswith(OWN))
