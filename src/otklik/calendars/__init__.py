"""Service hours: calendars and their versions, public holidays with their sources."""
