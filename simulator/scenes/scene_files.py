"""Training scenes as files: ``<seed>.jpg`` beside ``<seed>.npz``, rendered in several processes."""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import cv2
import numpy as np

from simulator.render.optics import jpeg
from simulator.scenes.scenes import Scene, random_scene


def write_scene(
    folder: Path, seed: int, size_wh: tuple[int, int] | None = None, photographs: tuple[str, ...] = ()
) -> Path:
    """Render one scene into ``folder``; gives the labels' path. The picture goes first, so labels never lack one."""
    scene = random_scene(seed, size_wh, photographs)
    (folder / f"{seed}.jpg").write_bytes(jpeg(scene.image_bgr, scene.jpeg_quality))
    path = folder / f"{seed}.npz"
    done, ids_png = cv2.imencode(".png", scene.ids, [cv2.IMWRITE_PNG_COMPRESSION, 2])
    if not done:
        raise ValueError(f"the ids of scene {seed} cannot be a PNG")
    partial = folder / f".{seed}.partial.npz"
    np.savez(
        partial,
        ids_png=ids_png,
        boxes_xyxy=scene.boxes_xyxy,
        kinds=scene.kinds,
        visible_fraction=scene.visible_fraction,
        product_ids=scene.product_ids,
        instance_ids=scene.instance_ids,
        jpeg_quality=np.int64(scene.jpeg_quality),
    )
    partial.rename(path)
    return path


def read_scene(path: Path) -> Scene:
    """A written scene, from the path of its labels (``.npz``); the picture is as the JPEG kept it.

    Raises ``OSError`` when a file is missing and ``ValueError`` when one is spoilt.
    """
    with np.load(path) as held:
        ids = cv2.imdecode(held["ids_png"], cv2.IMREAD_UNCHANGED)
        image = cv2.imdecode(np.fromfile(path.with_suffix(".jpg"), np.uint8), cv2.IMREAD_COLOR)
        if ids is None or image is None:
            raise ValueError(f"{path} or its picture cannot be decoded")
        return Scene(
            image_bgr=np.asarray(image, np.uint8),
            ids=np.asarray(ids, np.uint16),
            boxes_xyxy=held["boxes_xyxy"],
            kinds=held["kinds"],
            visible_fraction=held["visible_fraction"],
            product_ids=held["product_ids"],
            instance_ids=held["instance_ids"],
            jpeg_quality=int(held["jpeg_quality"]),
        )


def write_scenes(
    folder: Path,
    seeds: Iterable[int],
    workers: int,
    size_wh: tuple[int, int] | None = None,
    photographs: tuple[str, ...] = (),
) -> Iterator[Path]:
    """Render many scenes, giving each path as it is done. Scenes that are there already are not rendered again."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in seeds if not (folder / f"{seed}.npz").exists()]
    if workers <= 1:
        yield from (write_scene(folder, seed, size_wh, photographs) for seed in missing)
        return
    # Spawned, not forked: OpenCV's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for done in as_completed([pool.submit(write_scene, folder, seed, size_wh, photographs) for seed in missing]):
            yield done.result()
