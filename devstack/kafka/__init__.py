"""A Kafka broker (KRaft, one node) from the jars on Maven Central."""
