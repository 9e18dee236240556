"""What happened, who did it, who must react: the append-only truth of the house."""
