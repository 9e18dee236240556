"""What others learn when a delivery changes its state."""

from __future__ import annotations

from collections.abc import Callable

from otklik.outbox.models import Delivery

# Called in the transaction of the change; a room above records the journal's ``message.delivery`` here.
delivery_changed: list[Callable[[Delivery], None]] = []


def changed(delivery: Delivery) -> None:
    """Tell everybody who asked that the delivery is in a new state; their failure undoes the change."""
    for listener in delivery_changed:
        listener(delivery)
