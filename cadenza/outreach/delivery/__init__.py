"""From an audience to messages that were sent, bounced, failed or stand in doubt: one durable row each, never twice."""
