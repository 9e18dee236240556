"""The demo: an invented clinic with its support team, told through the side door for history; nothing of it is mailed."""
