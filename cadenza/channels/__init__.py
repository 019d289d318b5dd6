"""The plug-ins that carry a message: one folder a channel."""
