"""What must hold across all rooms, by the safety catalogue's numbers (S-03, S-16, S-17, S-27, S-28, S-34, S-36)."""
