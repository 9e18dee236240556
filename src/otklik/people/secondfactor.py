"""The second factor: codes of an authenticator app (RFC 6238, by ``cryptography``) and recovery codes."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.utils.crypto import constant_time_compare

from otklik import clock
from otklik.outbox.vault import seal, unseal
from otklik.people import audit, limits
from otklik.people.access import as_actor
from otklik.people.events import SecondFactorChanged
from otklik.people.models import Person, RecoveryCode, SecondFactor

STEP = 30  # seconds that a code is shown
DRIFT = 1  # steps a telephone's clock may be off, each way
DIGITS = 6
RECOVERY_CODES = 10
ISSUER = "Otklik"


@dataclass(frozen=True, slots=True)
class Draft:
    """A secret that its owner has not yet proved to hold: base32 text, and the address for the QR code."""

    secret: str
    address: str


def on(person: Person) -> bool:
    """True if the person signs in with a second factor."""
    return SecondFactor.objects.filter(person=person).exists()


def draft(person: Person, secret: str = "") -> Draft:
    """A new secret, or the same one again, with its ``otpauth:`` address."""
    secret = secret or base64.b32encode(secrets.token_bytes(20)).decode()
    return Draft(secret, _totp(secret).get_provisioning_uri(person.email or person.name, ISSUER))


def turn_on(person: Person, secret: str, code: str) -> list[str] | None:
    """Keep the secret if the code proves that the app holds it; the recovery codes, or None for a wrong code."""
    step = _step_of(secret, code, after=0)
    if step is None:
        return None
    with transaction.atomic():
        SecondFactor.objects.update_or_create(
            person=person, defaults={"secret": seal(secret), "last_step": step, "created_at": clock.now()}
        )
        audit.note(SecondFactorChanged(person=person.pk, became="on"), actor=as_actor(person))
        return _new_codes(person)


def turn_off(person: Person) -> None:
    """Forget the secret and its recovery codes."""
    with transaction.atomic():
        SecondFactor.objects.filter(person=person).delete()
        RecoveryCode.objects.filter(person=person).delete()
        audit.note(SecondFactorChanged(person=person.pk, became="off"))


def renew_codes(person: Person) -> list[str]:
    """New recovery codes; the old ones hold no longer."""
    with transaction.atomic():
        audit.note(SecondFactorChanged(person=person.pk, became="codes"), actor=as_actor(person))
        return _new_codes(person)


def accept(person: Person, code: str) -> str | None:
    """Check a code once: ``second_factor``, ``recovery_code``, or None when it is wrong or was used."""
    typed = "".join(code.split()).replace("-", "").lower()
    with transaction.atomic():
        held = SecondFactor.objects.select_for_update().filter(person=person).first()
        if held is None:
            return None
        step = _step_of(unseal(held.secret), typed, after=held.last_step)
        if step is not None:
            held.last_step = step
            held.save(update_fields=["last_step"])
            return "second_factor"
        unused = RecoveryCode.objects.filter(person=person, digest=limits.digest(typed), used_at=None)
        return "recovery_code" if unused.update(used_at=clock.now()) else None


def codes_left(person: Person) -> int:
    """How many recovery codes were not used yet."""
    return RecoveryCode.objects.filter(person=person, used_at=None).count()


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP, enforce_key_length=False)  # noqa: S303  # RFC 6238


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """The time step whose code this is, within the drift and later than the last one used."""
    hotp = HOTP(base64.b32decode(secret), DIGITS, SHA1(), enforce_key_length=False)  # noqa: S303  # RFC 4226
    now = int(clock.now().timestamp()) // STEP
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and constant_time_compare(hotp.generate(step).decode(), code):
            return step
    return None


def _new_codes(person: Person) -> list[str]:
    RecoveryCode.objects.filter(person=person).delete()
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=limits.digest(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]
