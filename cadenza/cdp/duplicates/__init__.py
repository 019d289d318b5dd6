"""Who is probably the same person: pairs for people to look at, each with its reasons."""
