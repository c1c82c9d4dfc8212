"""What analytics took in, kept as Parquet by store and day, so that it can be run again under other settings."""
