"""Pages of routing: acts on a ticket, the next one, rules and weights in the settings."""
