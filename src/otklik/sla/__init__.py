"""Service levels: which target holds, when it is due, and what was spent of it."""
