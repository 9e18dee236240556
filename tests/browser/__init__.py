"""A real browser before a real server on this worker's database."""

from __future__ import annotations
