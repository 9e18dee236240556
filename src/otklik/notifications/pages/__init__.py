"""Pages of this room: texts of letters, how mail leaves, what became of letters, and what a person wants to hear."""
