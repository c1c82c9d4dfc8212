"""Entities as records on the bus."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelfstream.catalogue.catalogue import Catalogue, content_hash, planograms
from shelfstream.catalogue.finding import subject_of
from shelfstream.catalogue.records import entity_message, gone_message, read_change
from shelfstream.errors import InvalidMessage
from tests.unit.catalogue.catalogue_fakes import FakeLog
from tests.unit.catalogue.catalogue_strategies import catalogues

_STORE = {"id": "s", "name": "S", "time_zone": "UTC", "hours": {}}


def _value(**changes: object) -> bytes:
    return json.dumps({"v": 1, "kind": "store", "entity": _STORE, **changes}).encode()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(catalogues())
def test_a_record_gives_back_the_entity_it_was_made_from(catalogue: Catalogue) -> None:
    """Every entity and every tombstone survives the bus."""
    for entity in catalogue.entities():
        message = entity_message(entity)
        change = read_change(FakeLog().put(message.key.encode(), message.value))
        assert change.entity == entity
        assert content_hash(entity) == content_hash(change.entity)
        gone = gone_message(change.subject)
        assert read_change(FakeLog().put(gone.key.encode(), gone.value)).entity is None
        assert gone.key == message.key


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"s/store/s", b"junk"),
        (b"s/store/s", b"{}"),
        (b"s/store/s", _value(v=3)),
        (b"s/store/s", _value(kind="castle")),
        (b"s/store/s", _value(entity={"id": "s"})),
        (b"s/bay/s", _value()),
        (b"t/store/t", _value()),
        (b"s/store", _value()),
        (b"s/castle/s", None),
        (b"S/store/s", None),
        (b"\xff/store/s", None),
        (None, _value()),
    ],
)
def test_junk_is_an_invalid_message(key: bytes | None, value: bytes | None) -> None:
    """Wrong bytes, kinds, versions and keys are told as such, never as another error."""
    with pytest.raises(InvalidMessage):
        read_change(FakeLog().put(key, value, partition=0))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_bytes_at_all_crash_the_reader(key: bytes, value: bytes) -> None:
    """Whatever stands on the topic, reading it gives a change or ``InvalidMessage``."""
    record = FakeLog().put(key, value, partition=0)
    with pytest.raises(InvalidMessage):
        read_change(record)


def test_fields_of_a_newer_release_are_ignored() -> None:
    """A stage that is not upgraded yet goes on reading."""
    entity = {**_STORE, "colour": "red", "hours": {"mon": [{"opens": "08:00", "closes": "09:00", "why": 1}]}}
    change = read_change(FakeLog().put(b"s/store/s", _value(v=2, entity=entity, extra=1)))
    assert change.entity is not None
    assert subject_of(change.entity).id == "s"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(catalogues(), st.randoms())
def test_a_plan_has_one_version_whatever_the_order(catalogue: Catalogue, random: object) -> None:
    """The version of a bay's plan depends on what it says and on nothing else."""
    entities = list(catalogue.entities())
    random.shuffle(entities)  # type: ignore[attr-defined]
    shuffled = planograms(Catalogue.of(entities))
    assert {key: each.version for key, each in planograms(catalogue).items()} == {
        key: each.version for key, each in shuffled.items()
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(catalogues().filter(lambda catalogue: catalogue.slots))
def test_moving_a_slot_changes_its_bay_alone(catalogue: Catalogue) -> None:
    """Another plan has another version; the other bays keep theirs."""
    slot = next(iter(catalogue.slots.values()))
    wider = slot.model_copy(update={"facings_wide": slot.facings_wide + 1})
    before, after = planograms(catalogue), planograms(Catalogue.of([*catalogue.entities(), wider]))
    changed = {key for key in before if before[key].version != after[key].version}
    assert changed == {(slot.store, slot.bay)}
