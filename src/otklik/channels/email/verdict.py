"""Who wrote it, with everything the mailbox knows: its server's word, a declared relay, our own look at DKIM."""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from ipaddress import ip_address, ip_network

from otklik.channels.models import Mailbox

from . import identity, structure
from .message import Letter
from .patterns import pattern

MAX_SIGNED = 10 * 1024 * 1024  # bytes of a letter whose DKIM signature is checked
DNS_SECONDS = 3.0
PAUSE = 60.0  # seconds for which DNS is not asked after it did not answer
_ADDRESS = pattern(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{3,45})\]|\(([0-9A-Fa-f.:]{3,45})\)")
_silent_until = 0.0
_mutex = threading.Lock()


def of(letter: Letter, raw: bytes, mailbox: Mailbox) -> str:
    """`verified`, `unverified` or `failed` for this letter in this mailbox."""
    relayed = mailbox.relay_domains if through_relay(raw, mailbox.relay_networks) else ()
    checks = mailbox.checks_dkim and len(raw) <= MAX_SIGNED
    return identity.sender_state(
        letter,
        authserv_ids=mailbox.authserv_ids,
        trusted_domains=relayed,
        raw=raw if checks else b"",
        resolver=txt_record if checks else None,
    )


def through_relay(raw: bytes, networks: list[str]) -> bool:
    """Whether our own server took the letter from a declared relay: the address in its top-most Received field.

    The name in that field is what the other side called itself; the address is what our server saw.
    """
    address = handed_over_by(raw) if networks else ""
    if not address:
        return False
    place = ip_address(address)
    return any(
        place in network
        for network in (ip_network(text, strict=False) for text in networks)
        if place.version == network.version
    )


def handed_over_by(raw: bytes) -> str:
    """The address of the host from which our server took the letter, "" where its Received field names none."""
    fields, _ = structure.split(raw, at_top=True)
    top = next((value for name, value in fields if name == "received"), b"")
    said, _, _ = top.decode("latin-1")[:2_000].partition(" by ")
    for match in _ADDRESS.finditer(said):
        text = match[1] or match[2]
        try:
            return str(ip_address(text))
        except ValueError:
            continue
    return ""


def txt_record(name: bytes | str, timeout: float = DNS_SECONDS) -> bytes | None:
    """The TXT record of a name for DKIM; None without one, and for a minute after DNS kept silent."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return None
    text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
    try:
        return _asked(text.rstrip("."), int(time.monotonic() // 300))
    except TimeoutError:
        with _mutex:
            _silent_until = time.monotonic() + PAUSE
        return None


@lru_cache(maxsize=500)
def _asked(name: str, _five_minutes: int) -> bytes | None:
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_SECONDS, raise_on_no_answer=False)
    except dns.exception.Timeout as silence:
        raise TimeoutError(name) from silence
    except dns.exception.DNSException:
        return None
    for record in answer.rrset or ():
        return b"".join(record.strings)
    return None
