"""The bus on Apache Kafka. Nothing outside this folder imports the client library."""
