"""Channels: every way by which a report or an answer reaches the desk from outside."""
