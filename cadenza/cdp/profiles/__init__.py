"""What we know about each person: standard fields and the shop's own traits."""
