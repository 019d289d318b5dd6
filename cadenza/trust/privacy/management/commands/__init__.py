"""The commands of privacy, one a file."""
