"""Real servers without containers, for tests and for development: Kafka, Redis and PostgreSQL."""
