"""What the world answers to a message: opened, clicked, unsubscribed. It comes in again through ingest."""
