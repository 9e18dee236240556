"""Numbers of a period: each is the count of the list that it opens."""
