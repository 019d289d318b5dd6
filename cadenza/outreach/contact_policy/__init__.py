"""May we write to this person? Consent, suppression, and a reason for every no."""
