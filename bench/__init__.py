"""Measures, each beside its ceiling in the same run, so that ratios are compared and not seconds."""
