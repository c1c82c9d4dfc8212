"""Grafana: the store dashboard as code, its data sources, and putting both into a Grafana server."""
