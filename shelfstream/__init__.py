"""The spine: what every stage stands on, and nothing that knows a stage."""
