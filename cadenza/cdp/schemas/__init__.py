"""The register of events: which names and properties were seen, what is expected of them, and whose data they are."""
