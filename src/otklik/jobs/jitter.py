"""Waiting times that differ a little, so that workers do not knock all at once."""

import random


def jitter(seconds: float) -> float:
    """The seconds, a fifth more or less."""
    return seconds * random.uniform(0.8, 1.2)
