"""``shelfstream teach train``: goes on from a model with a store's labelled pictures and rendered scenes, and judges.

The scenes keep it from forgetting what the pictures do not show; a third of the pictures are never learned from.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import track

from detector.contract import FacingKind
from detector.manifest import Manifest, read_manifest, write_manifest
from detector.train.__main__ import Recipe, learn
from detector.train.batches import TrainingPictures
from detector.train.coco_pictures import Photograph, labelled_folder
from detector.train.export import export_run
from detector.train.teaching.aside import divided
from detector.train.teaching.judge import Looked, by_camera, compared, looked_at
from detector.train.teaching.scores import cross_fitted, fitted
from simulator.scenes.scene_files import write_scenes

REPORT = "report.json"
_BATCH = 8
_MOST_STEPS = 100_000
_FIRST_SEED = 7_000_000
_NAME = "taught"


@dataclass(frozen=True)
class TeachRecipe:
    """What a run is told. ``base`` is the manifest that it begins with; ``meant`` says what categories are.

    ``aside`` is the share of the pictures that judge, ``share`` that of the crops that are from the others.
    """

    pictures: Path
    out: Path
    base: Path
    minutes: float
    seed: int = 1
    threads: int = 1
    scenes: int = 200
    share: float = 0.5
    aside: float = 1 / 3
    meant: Mapping[str, str] = field(default_factory=dict)


class FigureNote(BaseModel):
    """One figure on the pictures kept aside; the change's middle 90 % over pictures drawn again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: float
    after: float
    change_low: float
    change_high: float


class TeachReport(BaseModel):
    """What came of it: models by their names, how many pictures there were, and the figures, also by camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str
    taught: str
    learned_from: int
    judged_on: int
    minutes: float
    figures: dict[str, FigureNote]
    cameras: dict[str, dict[str, tuple[float, float]]]


def teach(recipe: TeachRecipe, console: Console) -> tuple[Path, TeachReport]:
    """Learn, judge and write; returns the manifest of the taught model and the report. A run that was stopped goes on.

    Raises ``Faults`` for labels that cannot be used and weights that are wrong.
    """
    base = read_manifest(recipe.base)
    folder = labelled_folder(recipe.pictures, recipe.meant)
    for name in folder.left_out:
        console.print(f"category {name} means nothing here and is left out (--as '{name}=facing', gap, tag or ignore)")
    labelled = [each for each in folder.photographs if each.told]
    if unseen := len(folder.photographs) - len(labelled):
        console.print(f"{unseen} pictures are left out: nobody looked for anything in them yet", highlight=False)
    parts = divided(labelled, recipe.aside)
    console.print(f"{len(parts.learn)} pictures to learn from, {len(parts.aside)} kept aside to judge", highlight=False)
    _render(recipe, console)
    run = _learn(recipe, parts.learn, console)
    exported = export_run(
        run, recipe.out, name=_NAME, scenes_command=f"rendered beside ({recipe.scenes})", data=_data(len(parts.learn))
    )
    return _judged(recipe, base, exported, parts.learn, parts.aside)


def _render(recipe: TeachRecipe, console: Console) -> None:
    folder = recipe.out / "scenes"
    seeds = range(_FIRST_SEED + recipe.seed * 100_000, _FIRST_SEED + recipe.seed * 100_000 + recipe.scenes)
    rendered = write_scenes(folder, seeds, workers=max(1, recipe.threads))
    missing = sum(not (folder / f"{seed}.npz").exists() for seed in seeds)
    for _ in track(rendered, "rendering", total=missing, console=console, disable=not missing):
        pass


def _learn(recipe: TeachRecipe, photographs: tuple[Photograph, ...], console: Console) -> Path:
    run = recipe.out / "run"
    weights = recipe.base.parent / next(
        name for name in read_manifest(recipe.base).files if name.endswith(".safetensors")
    )
    learning = Recipe(
        scenes=recipe.out / "scenes",
        out=run,
        steps=_MOST_STEPS,
        minutes=recipe.minutes,
        seed=recipe.seed,
        batch=_BATCH,
        threads=recipe.threads,
        workers=1,
        begin_with=weights,
        photographs=(recipe.pictures,),
        photograph_share=recipe.share,
    )
    learn(learning, TrainingPictures(learning.scenes, list(photographs), recipe.share), console)
    return run


def _judged(
    recipe: TeachRecipe,
    base: Manifest,
    exported: Path,
    learned: tuple[Photograph, ...],
    aside: tuple[Photograph, ...],
) -> tuple[Path, TeachReport]:
    """Scores are the base's, but for facings fitted on the pictures kept aside, each judged by a fit on the others."""
    write_manifest(read_manifest(exported).model_copy(update={"score_fits": base.score_fits}), exported)
    before = looked_at(recipe.base, aside, recipe.threads)
    seen = looked_at(exported, aside, recipe.threads)
    old = base.score_fits[FacingKind.FACING]
    facings = seen.by_kind[FacingKind.FACING]
    after = Looked({**seen.by_kind, FacingKind.FACING: cross_fitted(facings, old)}, seen.cameras)
    fits = (fitted(facings, old), *base.score_fits[1:])
    found = compared(before, after)
    taught = read_manifest(exported).model_copy(
        update={"score_fits": fits, "metrics": {f"own.{name}": round(each.after, 4) for name, each in found.items()}}
    )
    write_manifest(taught, exported)
    report = TeachReport(
        base=base.model,
        taught=taught.model,
        learned_from=len(learned),
        judged_on=len(aside),
        minutes=taught.recipe.minutes,
        figures={name: FigureNote(**asdict(each)) for name, each in found.items()},
        cameras=by_camera(before, after),
    )
    (recipe.out / REPORT).write_text(report.model_dump_json(indent=2) + "\n")
    return exported, report


def _data(pictures: int) -> str:
    return f"{pictures} of the store's own pictures, and rendered scenes (simulator.scenes.scenes)"
