"""The tags templates are written with."""
