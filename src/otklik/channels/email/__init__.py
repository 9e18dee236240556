"""E-mail as a channel: understanding raw letters, and the mailboxes they come from."""
