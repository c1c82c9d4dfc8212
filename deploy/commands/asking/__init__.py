"""Commands that answer questions about what was: out-of-stocks, availability, alerts, other settings."""
