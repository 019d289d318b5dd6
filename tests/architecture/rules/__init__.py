"""The house rules: each is a function from a source tree to a list of complaints that say what to do instead."""
