"""``python -m deploy.setup.kafka_jars``: fetch Kafka's jars into the cache folder unless they are there."""

import os
import sys
from pathlib import Path

from rich.console import Console

from deploy.stack.kafka.jars import kafka_jars
from shelfstream.errors import Faults


def main() -> int:
    """Fetch and say where they are; 1 when that failed."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        folder = kafka_jars(Path(os.environ.get("SHELFSTREAM_CACHE", ".cache")))
    except Faults as faults:
        console.print(str(faults), style="red", markup=False)
        return 1
    console.print(f"Kafka's jars: {folder}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
