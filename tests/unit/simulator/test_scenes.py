"""Training scenes: labels fit the picture, and a seed is a scene."""

from pathlib import Path

import numpy as np
import pytest

from simulator.render.instance_ids import FIRST_TAG_ID, IGNORED_ID, OCCLUDER_KIND, TAG_KIND, kinds_of
from simulator.render.labels import boxes_of
from simulator.scenes.scene_files import read_scene, write_scenes
from simulator.scenes.scenes import Scene, random_scene

SIZE = (640, 480)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [random_scene(seed, SIZE) for seed in range(6)]


def test_a_scene_has_one_row_per_instance_in_its_ids(scenes: list[Scene]) -> None:
    """The rows are exactly the ids in the map, facings first, and each box is the extent of its pixels."""
    for scene in scenes:
        present, boxes, _ = boxes_of(scene.ids)
        assert np.array_equal(present[(present > 0) & (present < IGNORED_ID)], scene.instance_ids)
        assert np.array_equal(boxes[(present > 0) & (present < IGNORED_ID)], scene.boxes_xyxy)
        facings = int((scene.kinds == 0).sum())
        assert np.array_equal(scene.instance_ids[:facings], np.arange(1, facings + 1))
        assert (scene.instance_ids[facings:] >= FIRST_TAG_ID).all()
        assert np.array_equal(scene.kinds, kinds_of(scene.instance_ids))
        assert ((scene.visible_fraction >= 0) & (scene.visible_fraction <= 1)).all()


def test_scenes_have_many_facings_of_repeated_products_and_some_gaps(scenes: list[Scene]) -> None:
    """Shelves are dense, facings repeat, and holes occur."""
    facings = [int((scene.kinds == 0).sum()) for scene in scenes]
    assert np.median(facings) > 30
    assert any((scene.kinds == 1).any() for scene in scenes)
    for scene in scenes:
        products = scene.product_ids[scene.kinds == 0]
        assert len(np.unique(products)) < len(products)


def test_scenes_have_tags_and_some_have_people_or_things_before_the_shelf(scenes: list[Scene]) -> None:
    """Price tags are instances of most scenes; over a dozen seeds somebody or something stands before a shelf."""
    assert sum((scene.kinds == TAG_KIND).any() for scene in scenes) >= 4
    more = [random_scene(seed, SIZE) for seed in range(100, 108)]
    assert any((scene.kinds == OCCLUDER_KIND).any() for scene in [*scenes, *more])
    for scene in scenes:
        assert ((scene.product_ids == -1) == np.isin(scene.kinds, (TAG_KIND, OCCLUDER_KIND))).all()


def test_a_seed_is_a_scene() -> None:
    """The same seed gives the same picture and labels whatever was rendered before."""
    first = random_scene(3, SIZE)
    random_scene(4, SIZE)
    again = random_scene(3, SIZE)
    assert np.array_equal(first.image_bgr, again.image_bgr)
    assert np.array_equal(first.ids, again.ids)


def test_scenes_are_written_in_parallel_and_read_back(tmp_path: Path) -> None:
    """Files hold the labels unchanged and the picture as JPEG; a second call renders nothing again."""
    paths = sorted(write_scenes(tmp_path, range(2), 2, SIZE))
    assert [path.name for path in paths] == ["0.npz", "1.npz"]
    assert list(write_scenes(tmp_path, range(2), 2, SIZE)) == []
    read, made = read_scene(paths[0]), random_scene(0, SIZE)
    assert np.array_equal(read.ids, made.ids)
    assert np.array_equal(read.boxes_xyxy, made.boxes_xyxy)
    assert np.abs(read.image_bgr.astype(int) - made.image_bgr).mean() < 12
