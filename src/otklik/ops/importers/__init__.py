"""Histories from elsewhere: a log is read by a mapping and told to the desk through its side door."""
