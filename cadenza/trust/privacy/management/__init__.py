"""The commands of privacy for those who build and document Cadenza."""
