"""Who agreed to what: an append-only ledger for each contact point, and the state that follows from it."""
