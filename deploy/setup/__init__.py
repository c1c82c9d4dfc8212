"""Set-up of a machine: environment, system packages, Kafka's jars. What ``make`` calls."""
