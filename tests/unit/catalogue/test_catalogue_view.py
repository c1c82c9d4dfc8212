"""The live view follows the topic and never shows half a change."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelfstream.bus.api import Record
from shelfstream.catalogue.catalogue import Catalogue, sound_part
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.records import entity_message, gone_message, read_subject
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import InvalidMessage, Unavailable
from tests.unit.catalogue.catalogue_fakes import FakeLog
from tests.unit.catalogue.catalogue_samples import write_sample
from tests.unit.catalogue.catalogue_strategies import catalogues

ALL = range(3)


def _sent(catalogue: Catalogue, log: FakeLog | None = None) -> FakeLog:
    log = FakeLog() if log is None else log
    for entity in catalogue.entities():
        log.send(entity_message(entity))
    return log


def _refuse(record: Record, error: InvalidMessage) -> None:
    raise AssertionError(f"{record}: {error}")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """The sample store."""
    return read_folder(write_sample(tmp_path))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(catalogues(), st.booleans(), st.data())
def test_the_view_equals_what_was_sent(catalogue: Catalogue, compacted: bool, data: st.DataObject) -> None:
    """After any puts and deletions, compacted or not, read at once or bit by bit, the view holds what is left."""
    log = _sent(catalogue)
    early = CatalogueView(ALL, _refuse)
    early.refresh(log)
    keys = [entity_message(entity).key for entity in catalogue.entities()]
    gone = data.draw(st.sets(st.sampled_from(keys)))
    for key in sorted(gone):
        log.send(gone_message(read_subject(key.encode())))
    early.refresh(log)
    if compacted:
        log.compact()
    late = CatalogueView(ALL, _refuse)
    late.refresh(log)
    left = Catalogue.of(each for each in catalogue.entities() if entity_message(each).key not in gone)
    assert late.snapshot.catalogue == early.snapshot.catalogue == sound_part(left)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(catalogues(), st.data())
def test_references_in_a_snapshot_always_hold(catalogue: Catalogue, data: st.DataObject) -> None:
    """Whatever is missing, a slot's store, bay and shelf are there, and a calibration's bay."""
    entities = catalogue.entities()
    some = data.draw(st.sets(st.sampled_from(range(len(entities)))))
    part = sound_part(Catalogue.of(entity for place, entity in enumerate(entities) if place in some))
    for slot in part.slots.values():
        assert slot.shelf in {shelf.id for shelf in part.bays[slot.store, slot.bay].shelves}
        assert slot.store in part.stores
    for camera in part.cameras.values():
        assert all((camera.store, each.bay) in part.bays for each in camera.calibrations)


def test_a_corrupt_record_is_reported_and_the_last_good_entity_stays(catalogue: Catalogue) -> None:
    """Junk harms nobody and is told once, with the record it was."""
    log = _sent(catalogue)
    told: list[tuple[int, str]] = []
    view = CatalogueView(ALL, lambda record, error: told.append((record.offset, error.reason)))
    view.refresh(log)
    before = view.snapshot
    bad = log.put(b"main-street/bay/dairy-1", b"{broken")
    assert view.refresh(log) is False
    view.refresh(log)
    assert view.snapshot is before
    assert [offset for offset, _ in told] == [bad.offset]


def test_versions_count_changes_and_nothing_else(catalogue: Catalogue) -> None:
    """A refresh without news, and the same record again, keep the snapshot; a change gives a new one."""
    log = _sent(catalogue)
    view = CatalogueView(ALL, _refuse)
    assert view.refresh(log) is True
    first = view.snapshot
    _sent(catalogue, log)
    assert view.refresh(log) is False
    slot = next(iter(catalogue.slots.values()))
    log.send(entity_message(slot.model_copy(update={"facings_high": 5})))
    assert view.refresh(log) is True
    assert view.snapshot.version == first.version + 1
    assert first.catalogue.slots[slot.store, slot.id] == slot
    assert view.snapshot.planogram_version(slot.store, slot.bay) != first.planogram_version(slot.store, slot.bay)
    assert view.snapshot.planogram_version("nowhere", "x") == ""


def test_a_record_may_be_handed_in(catalogue: Catalogue) -> None:
    """A stage that reads the topic itself applies records; one that was taken up already changes nothing."""
    log = _sent(catalogue)
    view = CatalogueView(ALL, _refuse)
    records = [record for each in log.records.values() for record in each]
    assert all(view.apply(record) for record in records[:2])
    assert not view.apply(records[0])
    view.refresh(log)
    assert view.snapshot.catalogue == catalogue


def test_partitions_come_and_go(catalogue: Catalogue) -> None:
    """A view holds the stores of the partitions that it follows, and only these."""
    log = _sent(catalogue)
    home = next(partition.index for partition, found in log.records.items() if found)
    view = CatalogueView([home], _refuse)
    view.refresh(log)
    view.follow([index for index in ALL if index != home])
    assert view.snapshot.catalogue == Catalogue()
    view.follow([home])
    view.refresh(log)
    assert view.snapshot.catalogue == catalogue


def test_a_topic_made_anew_empties_the_view(catalogue: Catalogue) -> None:
    """What came from a log that is gone is not held on to."""
    log = _sent(catalogue)
    view = CatalogueView(ALL, _refuse)
    view.refresh(log)
    log.make_anew()
    assert view.refresh(log) is True
    assert view.snapshot.catalogue == Catalogue()


def test_an_absent_bus_leaves_the_view_as_it_was(catalogue: Catalogue) -> None:
    """``Unavailable`` passes through; the snapshot stays good and the next refresh goes on."""
    log = _sent(catalogue)
    view = CatalogueView(ALL, _refuse)
    view.refresh(log)
    before = view.snapshot
    log.send(gone_message(read_subject(b"main-street/camera/dairy-left")))
    log.away_after = 0
    with pytest.raises(Unavailable):
        view.refresh(log)
    assert view.snapshot is before
    log.away_after = None
    assert view.refresh(log) is True
    assert view.snapshot.catalogue.cameras == {}
