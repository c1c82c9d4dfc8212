"""Rendered scenes with their labels, read from a folder."""

from pathlib import Path

import numpy as np

from detector.train.crops import Labelled
from ingest.simulator.scene_files import read_scene
from shelfstream.errors import Fault, Faults


def labelled_scene(labels: Path) -> Labelled:
    """A scene as ``shelfstream simulate scenes`` writes it, by the path of its labels."""
    scene = read_scene(labels)
    return Labelled(
        image_bgr=scene.image_bgr,
        ids=scene.ids,
        boxes_xyxy=scene.boxes_xyxy,
        kinds=scene.kinds.astype(np.int32),
        visible=scene.visible_fraction,
        products=scene.product_ids,
    )


def scene_labels(folder: Path) -> list[Path]:
    """The labels of all scenes in a folder. Raises ``Faults`` where there are none."""
    found = sorted(folder.glob("[!.]*.npz"))
    if not found:
        raise Faults("training", [Fault(str(folder), "holds no scenes; make some with: shelfstream simulate scenes")])
    return found
