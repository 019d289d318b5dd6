"""Who people are and what they do: events, identity, profiles, catalog, orders, ingest, segments."""
