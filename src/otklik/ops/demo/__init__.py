"""The demo: an invented clinic with its support team, told through the side door of history; nothing is mailed."""
