"""What staff say of the plan: only of the plan as it is now, to who may change it, and taken out once."""

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.answered.figures import AlertFigures, AlertGrain
from alerts.answered.proposals import PlanProposal
from console.access.roles import Role, Visitor
from console.html.answered import figures_table, proposals_list
from console.pages.layout import zone_of
from console.setup.desk import CatalogueDesk
from console.sources import NotAllowed, NotFound
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.folder.write import write_folder
from shelfstream.errors import Faults
from tests.unit.console.console_fakes import GTIN_BUTTER, GTIN_MILK, STORE, World, sound_catalogue

GONE, WRONG = AnswerKind.DISCONTINUED, AnswerKind.PLAN_IS_WRONG


def _said(world: World, slot: str, gtin: str, kind: AnswerKind, times: int = 2) -> PlanProposal:
    now = world.clock.now()
    proposal = PlanProposal(STORE, slot, "dairy", gtin, kind, times, now - timedelta(days=2), now - timedelta(hours=1))
    world.inbox.proposed.append(proposal)
    return proposal


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Its catalogue stands in a folder, too."""
    write_folder(sound_catalogue(), tmp_path, lambda _: b"")
    return World(desk=CatalogueDesk(tmp_path))


def test_what_was_said_of_an_older_plan_is_no_proposal(world: World) -> None:
    """The milk's place is planned for milk; what was said of butter there is past, as is a place that is gone."""
    milk = _said(world, "milk", GTIN_MILK, WRONG)
    _said(world, "milk", GTIN_BUTTER, WRONG)
    _said(world, "was-here", GTIN_MILK, GONE)
    assert world.console_data.past.plan_proposals(STORE) == [milk]


def test_a_place_is_taken_out_of_the_plan_and_the_proposal_settled(world: World, tmp_path: Path) -> None:
    """The folder has one slot less and is otherwise as it was; nobody is asked again."""
    before = read_folder(tmp_path)
    _said(world, "milk", GTIN_MILK, GONE)
    world.console_data.past.take_out(STORE, "milk", GONE)
    after = read_folder(tmp_path)
    assert set(before.slots) - set(after.slots) == {(STORE, "milk")}
    assert after.products == before.products
    assert after.bays == before.bays
    assert world.console_data.past.plan_proposals(STORE) == []
    with pytest.raises(NotFound, match="nobody says so"):
        world.console_data.past.take_out(STORE, "milk", GONE)


def test_a_place_that_was_planned_anew_meanwhile_is_left_alone(world: World, tmp_path: Path) -> None:
    """Between the look and the tap somebody edited the folder."""
    planned = read_folder(tmp_path)
    with pytest.raises(Faults, match="another product by now"):
        CatalogueDesk(tmp_path).take_out(STORE, "milk", GTIN_BUTTER)
    assert read_folder(tmp_path).slots == planned.slots


@pytest.mark.parametrize(
    ("role", "may"), [(Role.MANAGER, True), (Role.OPERATOR, True), (Role.STAFF, False), (Role.HQ, False)]
)
def test_who_may_not_set_up_is_not_asked(world: World, role: Role, *, may: bool) -> None:
    """Staff have said it; who keeps the plan decides. Nobody decides for another store."""
    _said(world, "milk", GTIN_MILK, WRONG)
    seen = world.console_data.seen_by(Visitor("ann", role, frozenset({STORE}))).past
    if may:
        seen.settle(STORE, "milk", WRONG)
        assert world.inbox.proposed == []
    else:
        with pytest.raises(NotAllowed):
            seen.settle(STORE, "milk", WRONG)
        assert world.inbox.proposed
    elsewhere = world.console_data.seen_by(Visitor("ann", Role.MANAGER, frozenset({"other"}))).past
    with pytest.raises(NotFound):
        elsewhere.plan_proposals(STORE)


def test_a_proposal_is_told_with_its_place_and_what_can_be_done(world: World) -> None:
    """What stands there is no reason to take a place out; where the folder may not be written, nothing is."""
    now = world.console_data.store_now(STORE)
    proposals = [
        _said(world, "milk", GTIN_MILK, GONE, 1),
        _said(world, "butter", GTIN_BUTTER, AnswerKind.WRONG_PRODUCT),
    ]
    at = world.clock.now()
    told = proposals_list(proposals, now, zone_of(now), at, may_write=True)
    assert "Whole milk" in told
    assert "said once" in told
    assert "said 2 times" in told
    assert told.count("Take the place out") == 1
    assert "Take the place out" not in proposals_list(proposals, now, zone_of(now), at, may_write=False)
    assert "Nothing" in proposals_list([], now, zone_of(now), at, may_write=True)


def test_figures_are_told_with_their_intervals(world: World) -> None:
    """Eight right of ten that were answered say little: between half and nearly all."""
    at = world.clock.now()
    (figures,) = world.console_data.past.alert_figures(STORE, at - timedelta(days=7), at, AlertGrain.BAY)
    told = figures_table([figures], {f"bay of {STORE}": "Milk & cream"})
    assert "80% (49% to 94%)" in told
    assert "Milk &amp; cream" in told
    nobody = AlertFigures("b", 3, 0, 0, 0, None, None, None, None)
    assert "nobody said" in figures_table([nobody], {})
    assert "No alert" in figures_table([], {})
