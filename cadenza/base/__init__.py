"""The ground floor: clock, configuration, databases, jobs, facts. No word of marketing."""
