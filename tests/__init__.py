"""Tests, and the helpers that they share: ``from tests.unit.alerts.alert_rig import …``."""
