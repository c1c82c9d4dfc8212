"""Networks that look at single products in 8 bits, behind a gate: what is right less often is not kept."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detector.train.int8 import quantise
from detector.weights_file import WeightsNote, read_note, sha256_of, write_note
from shelfstream.errors import Fault, Faults

Card = TypeVar("Card", bound=WeightsNote)


@dataclass(frozen=True, slots=True)
class ShareGate:
    """``shown`` gives pictures (S, S, 3) that show which values occur; ``share_right`` judges by a manifest, 0…1.

    At most ``max_loss`` of that share may be lost.
    """

    shown: Callable[[], Iterator[NDArray[np.uint8]]]
    share_right: Callable[[Path], float]
    max_loss: float


def export_int8(card_path: Path, kind: type[Card], out: Path, gate: ShareGate) -> Path:
    """Write ``NAME-int8.onnx`` and its manifest; returns the manifest's path.

    Raises ``Faults``, and leaves nothing behind, when more is lost than the gate allows.
    """
    card = read_note(card_path, kind)
    before = gate.share_right(card_path)
    name = f"{card.name}-int8"
    with tempfile.TemporaryDirectory() as folder:
        graph, beside = Path(folder) / f"{name}.onnx", Path(folder) / f"{name}.json"
        source = next(card_path.parent / file for file in card.files if file.endswith(".onnx"))
        quantise(source, graph, gate.shown(), kept=lambda _: [])
        candidate = card.model_copy(update={"name": name, "files": {graph.name: sha256_of(graph)}})
        write_note(candidate, beside)
        after = gate.share_right(beside)
        if before - after > gate.max_loss:
            lost = f"is right for {after:.3f} in int8, {before:.3f} in float32; at most {gate.max_loss:g} may be lost"
            raise Faults("int8", [Fault(str(card_path), lost)])
        out.mkdir(parents=True, exist_ok=True)
        (out / graph.name).write_bytes(graph.read_bytes())
    metrics = {**card.metrics, "gate.accuracy.f32": round(before, 4), "gate.accuracy.int8": round(after, 4)}
    write_note(candidate.model_copy(update={"metrics": metrics}), out / beside.name)
    return out / beside.name
