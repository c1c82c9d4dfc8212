"""Makes the helpers of ingest's unit tests importable here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "ingest"))
