"""The durable log between the doors and the pipeline: what is accepted is here before the answer is given."""
