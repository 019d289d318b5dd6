"""What was earned and why: attribution, metrics, reports. Reads everything, changes nothing."""
