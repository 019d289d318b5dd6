"""The tables of privacy, step by step."""
