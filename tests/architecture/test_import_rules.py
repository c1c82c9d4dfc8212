"""Who may import whom, beyond the layers that import-linter checks."""

import json
import subprocess
import sys

import grimp
import pytest

from deploy.runtime.stages import STAGES
from tests.architecture.source_tree import PACKAGES, ROOT

_LAYERS = PACKAGES
_PUBLIC = {
    "ingest": ("ingest.contract", "ingest.one_frame"),
    "detector": (
        "detector.contract",
        "detector.boxes",
        "detector.gallery",
        "detector.manifest",
        "detector.jpeg",
        "detector.pipeline",
        "detector.masks",
        "detector.naming",
        "detector.recognise",
        "detector.train.label_folder",
    ),
    "analytics": (
        "analytics.contract",
        "analytics.live.reader",
        "analytics.live.news",
        "analytics.history",
        "analytics.replay",
        "analytics.plan_learning",
        "analytics.photographs",
    ),
    "alerts": (
        "alerts.contract",
        "alerts.answered",
        "alerts.inbox",
        "alerts.links",
        "alerts.model",
        "alerts.priority",
        "alerts.rerun",
        "alerts.walking",
    ),
    "console": ("console.access.accounts", "console.access.roles", "console.health.dead_letters"),
}
# Composition roots, settings and metrics' names are deploy's business; recipes are run by its commands.
_FOR_DEPLOY = (
    "__main__",
    "settings",
    "metrics",
    "tables",
    "train",
    "train_recogniser",
    "evaluate",
    "export",
    "releases",
)
_TRUTH = "simulator.store.truth"
_CLIENTS = frozenset(
    {
        "redis",
        "sqlalchemy",
        "alembic",
        "psycopg",
        "sqlite3",
        "kafka",
        "pycurl",
        "urllib",
        "socket",
        "requests",
        "apprise",
    }
    | {
        "nicegui",
        "fastapi",
        "uvicorn",
        "fsspec",
        "subprocess",
        "threading",
        "time",
        "onnxruntime",
        "torch",
        "cv2",
        "pyarrow",
    }
)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """All imports between our modules and to others' packages."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def timeless() -> grimp.ImportGraph:
    """The same without our own clock, which rules may be given."""
    found = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    found.remove_module("shelfstream.clock")
    return found


def _ours(graph: grimp.ImportGraph) -> list[str]:
    return sorted(module for module in graph.modules if module.partition(".")[0] in _LAYERS)


def _may(importer: str, imported: str) -> bool:
    owner = imported.partition(".")[0]
    if any(imported == public or imported.startswith(f"{public}.") for public in _PUBLIC[owner]):
        return True
    return importer.startswith("deploy.") and any(part in _FOR_DEPLOY for part in imported.split(".")[1:])


def test_stages_use_only_what_earlier_stages_show(graph: grimp.ImportGraph) -> None:
    """A later stage imports the contracts and the few public modules of earlier ones, and nothing private."""
    found = [
        f"{importer} imports {imported}"
        for importer in _ours(graph)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if imported.partition(".")[0] in _PUBLIC
        and imported.partition(".")[0] != importer.partition(".")[0]
        and not _may(importer, imported)
    ]
    assert found == []


def test_one_module_family_knows_kafka(graph: grimp.ImportGraph) -> None:
    """Only the Kafka bus imports the Kafka client."""
    importers = graph.find_modules_that_directly_import("kafka")
    assert importers
    assert all(importer.startswith("shelfstream.bus.kafka.") for importer in importers)


def test_the_simulator_is_met_only_behind_its_url(graph: grimp.ImportGraph) -> None:
    """Of the running stages only ingest's ``sim://`` source, and no other stage, imports the simulator."""
    importers = {
        importer
        for importer in _ours(graph)
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.startswith("simulator") and not importer.startswith(("simulator", "deploy."))
    }
    recipes = ("detector.train", "detector.evaluate")
    assert {importer for importer in importers if not importer.startswith(recipes)} == {"ingest.sources.simulated"}


def test_no_running_stage_reaches_the_truth(graph: grimp.ImportGraph) -> None:
    """No chain of imports leads from a running stage to what the simulator knows."""
    assert _TRUTH in graph.modules
    for spec in STAGES.values():
        chain = graph.find_shortest_chain(f"{spec.package}.__main__", _TRUTH)
        assert chain is None, " → ".join(chain)


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_loaded_stage_has_no_truth_in_it(stage: str) -> None:
    """Also at run time, late imports of a package included, a stage's process has not loaded the truth."""
    program = f"import {STAGES[stage].package}.__main__, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert _TRUTH not in loaded
    assert "torch" not in loaded


# Rules: what they compute depends on what they are given. A ``Clock`` may be given, so its module does not count.
_RULES = (
    "alerts.delivery.policy",
    "alerts.delivery.text",
    "alerts.handler",
    "alerts.model",
    "alerts.policy",
    "alerts.priority",
    "alerts.rules",
    "analytics.photographs.audit",
    "analytics.store_state.batch_update",
    "analytics.believing.belief",
    "analytics.evidence.handler",
    "analytics.looking.observe",
    "analytics.plan_learning.learn",
    "analytics.plan_learning.places",
    "analytics.plan_learning.rows",
    "analytics.photographs.align",
    "analytics.photographs.maps",
    "analytics.photographs.photograph",
    "analytics.photographs.places",
    "analytics.photographs.proposals",
    "analytics.photographs.sight",
    "analytics.photographs.verdict",
    "analytics.plans.camera_moves",
    "analytics.slot_rules",
    "analytics.plans.slot_views",
    "console.views.build",
    "console.views.outlines",
    "shelfstream.catalogue.adding",
    "console.setup.laying",
    "console.views.models",
    "detector.boxes",
    "detector.decode",
    "detector.evaluate.coco",
    "detector.gallery.gallery",
    "detector.gallery.search",
    "ingest.camera_state",
    "shelfstream.bus.batch",
    "shelfstream.bus.offsets",
    "shelfstream.catalogue.checks",
    "shelfstream.catalogue.checks_geometry",
    "shelfstream.catalogue.geometry",
    "shelfstream.catalogue.hours",
)
_OUTSIDE = _CLIENTS - {"cv2", "urllib"}  # pixels and texts of URLs are computed with, not talked to


@pytest.mark.parametrize("module", _RULES)
def test_rules_reach_nothing_outside(timeless: grimp.ImportGraph, module: str) -> None:
    """No chain of imports, however long, leads from a rule module to a client, a thread, a process or the clock."""
    chains = [timeless.find_shortest_chain(module, client) for client in sorted(_OUTSIDE) if client in timeless.modules]
    assert [" → ".join(chain) for chain in chains if chain] == []


def test_no_circle_of_imports(graph: grimp.ImportGraph) -> None:
    """No module is reached from what it imports, late imports included."""
    found = [
        f"{module} ⇄ {imported}"
        for module in _ours(graph)
        for imported in sorted(graph.find_modules_directly_imported_by(module))
        if imported in graph.modules and imported.partition(".")[0] in _LAYERS and _leads_back(graph, imported, module)
    ]
    assert found == []


def _leads_back(graph: grimp.ImportGraph, start: str, end: str) -> bool:
    return graph.find_shortest_chain(start, end) is not None


def test_rules_and_handlers_are_pure(graph: grimp.ImportGraph) -> None:
    """Handlers and rule modules import no client library, no clock and no thread."""
    found = [
        f"{module} imports {imported}"
        for module in _ours(graph)
        if module.rpartition(".")[2] == "handler" or module.rpartition(".")[2].split("_")[-1] == "rules"
        for imported in sorted(graph.find_modules_directly_imported_by(module))
        if imported.partition(".")[0] in _CLIENTS
    ]
    assert found == []
