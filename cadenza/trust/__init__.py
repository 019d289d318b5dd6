"""What makes the rest lawful: accounts, audit, consent, privacy."""
