"""Tickets: incidents, service requests and questions, and the one door through which they change."""
