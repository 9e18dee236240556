"""Pages of requesters: home, report, my requests, one request."""
