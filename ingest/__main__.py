"""Ingest's composition root."""

import logging
import os

from ingest.settings import IngestSettings
from ingest.worker import IngestWorker
from shelfstream.parts import Parts
from shelfstream.service import Service


def build(settings: IngestSettings, parts: Parts) -> Service:
    """Ingest as a service. Secrets that cameras' URLs refer to are taken from this process's environment."""
    # They log every request with its URL, in which a camera may want a token.
    for client in ("httpx", "httpcore"):
        logging.getLogger(client).setLevel(logging.WARNING)
    return IngestWorker(settings, parts, dict(os.environ))
