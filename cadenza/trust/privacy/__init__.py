"""What personal data may be used for, what is held of one person, and how it is given out and forgotten."""
