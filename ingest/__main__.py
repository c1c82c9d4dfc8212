"""Ingest's composition root."""

import os

from ingest.settings import IngestSettings
from ingest.worker import IngestWorker
from shelfstream.secrets import SecretEnvironment
from shelfstream.service import Service, StageContext


def build(settings: IngestSettings, parts: StageContext) -> Service:
    """Ingest as a service. Secrets that cameras' URLs refer to are taken from this process's environment."""
    return IngestWorker(settings, parts, SecretEnvironment(os.environ, parts.secrets))
