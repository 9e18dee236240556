"""Otklik: an IT service desk. One program, one database, one way for a write."""

__version__ = "0.1.0"
