"""Which message led to which order: the last click by the same person within a window."""
