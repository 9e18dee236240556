"""People, organisations, teams and places: who they are, how they sign in, what they may do."""
