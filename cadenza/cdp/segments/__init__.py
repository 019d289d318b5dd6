"""Segments: who is meant. A saved condition over traits, events and orders, and the people it holds now."""
