"""Passwords of the suite: digested as the product does, at its cost only where the cost is what is proved."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

COST = {"time_cost": 1, "memory_cost": 8 * 8, "parallelism": 8}  # the least for Argon2: 0.1 ms in the place of 200
FULL = {name: getattr(Argon2PasswordHasher, name) for name in COST}


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> None:
    """Digest at the least cost, in this process; servers that a test starts take the product's."""
    for name, value in COST.items():
        setattr(Argon2PasswordHasher, name, value)


@pytest.fixture
def full_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digest at the product's cost."""
    for name, value in FULL.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, value)
