"""From the outbox to people: who is told what, when, by which channel."""
