"""The bus: one seam, two implementations (Kafka and embedded), one loop over both."""
