"""The one table of stages: where each is built, what configures it, and what must be installed for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import cast

from shelfstream.errors import Fault, Faults
from shelfstream.service import Service, StageContext
from shelfstream.settings.base import Settings

OURS = ("shelfstream", "ingest", "detector", "analytics", "alerts", "console", "deploy")


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage. ``package`` holds ``__main__.build`` and ``settings.<settings>``; ``extra`` is pip's name for it."""

    package: str
    settings: str
    extra: str
    does: str


STAGES: Mapping[str, StageSpec] = MappingProxyType(
    {
        "ingest": StageSpec("ingest", "IngestSettings", "ingest", "takes pictures from cameras"),
        "detector": StageSpec("detector", "DetectorSettings", "detector", "finds facings and gaps in pictures"),
        "analytics": StageSpec("analytics", "AnalyticsSettings", "analytics", "knows the state of every slot"),
        "historian": StageSpec("analytics.historian", "HistorianSettings", "analytics", "writes history to SQL"),
        "keeper": StageSpec("analytics.evidence", "KeeperSettings", "analytics", "keeps plates and evidence pictures"),
        "archivist": StageSpec(
            "analytics.archive", "ArchivistSettings", "analytics", "keeps what analytics took in, to be run again"
        ),
        "alerts": StageSpec("alerts", "AlertsSettings", "alerts", "tells people about gaps"),
        "console": StageSpec("console", "ConsoleSettings", "console", "serves the web pages"),
    }
)


def settings_class(stage: str) -> type[Settings]:
    """The stage's settings class. Raises ``Faults`` when what it needs is not installed."""
    spec = STAGES[stage]
    if find_spec(spec.package) is None or find_spec(f"{spec.package}.settings") is None:
        raise Faults(stage, [Fault(spec.package, "is not part of this installation")])
    try:
        return cast("type[Settings]", getattr(import_module(f"{spec.package}.settings"), spec.settings))
    except ModuleNotFoundError as exc:
        raise not_installed(stage, spec.extra, exc) from exc


def build_stage(stage: str, settings: Settings, parts: StageContext) -> Service:
    """Import a stage and build its service. Raises ``Faults`` when what it needs is not installed."""
    spec = STAGES[stage]
    try:
        built = import_module(f"{spec.package}.__main__").build(settings, parts)
    except ModuleNotFoundError as exc:
        raise not_installed(stage, spec.extra, exc) from exc
    return cast("Service", built)


def not_installed(what: str, extra: str, exc: ModuleNotFoundError) -> Faults | ModuleNotFoundError:
    """What to say when an import fails; a missing module of our own is a bug and stays one."""
    missing = exc.name or ""
    if missing.partition(".")[0] in OURS:
        return exc
    return Faults(what, [Fault(missing, f"is not installed; run: pip install 'shelfstream[{extra}]'")])
