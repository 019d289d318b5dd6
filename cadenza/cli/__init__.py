"""The `cadenza` command."""
