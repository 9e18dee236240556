"""A trusted relay in set-up: what the letters we have say of it, in words (domain.md §10.4)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from otklik.channels import intake
from otklik.channels.models import Inbound, Mailbox

from . import verdict

LOOKED_AT = 20  # newest letters of a domain


def told(mailbox: Mailbox) -> list[tuple[bool, str]]:
    """For each domain of the declared relay: (proved by a letter, what to know)."""
    return [_of_domain(mailbox, domain) for domain in mailbox.relay_domains] if mailbox.relay_networks else []


def _of_domain(mailbox: Mailbox, domain: str) -> tuple[bool, str]:
    mine = Q(sender_address__endswith=f"@{domain.lower()}")
    rows = Inbound.objects.filter(mine, mailbox=mailbox).order_by("-pk")[:LOOKED_AT]
    strange = ""
    for row in rows:
        try:
            raw = intake.raw_of(row)
        except OSError:
            continue
        address = verdict.handed_over_by(raw)
        if address and verdict.through_relay(raw, mailbox.relay_networks):
            words = _("Relay: the last letter of %(domain)s came from %(address)s and is believed")
            return True, words % {"domain": domain, "address": address}
        strange = strange or address or "?"
    if strange == "?":
        words = _("Relay: our mail server does not write down from which address it takes the letters of %(domain)s")
        return False, words % {"domain": domain}
    if strange:
        words = _("Relay: letters of %(domain)s come from %(address)s, which is not among the relay's addresses")
        return False, words % {"domain": domain, "address": strange}
    words = _("Relay: no letter of %(domain)s has come yet; send one and test again")
    return False, words % {"domain": domain}
