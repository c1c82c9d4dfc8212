"""A catalogue as a folder of YAML and CSV files that a person writes."""
