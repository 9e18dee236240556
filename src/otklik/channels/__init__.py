"""The ways in: mail today. Whatever arrives is kept as it came, has its line in the ledger, and ends at the desk."""
