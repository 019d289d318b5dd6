"""What happened, in numbers: the report of a campaign and the overview of a workspace."""
