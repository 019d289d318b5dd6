"""Workspaces, the people who work in them, how they sign in, and the keys that programs use."""
