"""One message to one audience: written, checked, sent now or at a time, held, and reported."""
