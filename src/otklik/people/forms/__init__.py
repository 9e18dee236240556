"""The forms of people; unknown fields are refused and noted (safety.md S-28)."""
