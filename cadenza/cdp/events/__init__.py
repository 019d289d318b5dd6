"""The event store: what people did, in ClickHouse."""
