"""Cadenza: a self-hosted customer data and marketing-automation platform for shops."""
