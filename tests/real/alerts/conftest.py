"""Tests of alerts with real processes."""

import sys
from pathlib import Path

# The rig of the unit tests is used here too.
sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "alerts"))
