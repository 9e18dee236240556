"""The workspace of people who resolve tickets: queue, ticket, phone call, search."""
