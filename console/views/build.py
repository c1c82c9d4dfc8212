"""Puts a store's page and the alert inbox together from what was read. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from alerts.model import HeldAlert, InboxAlert
from alerts.priority import at_risk_per_h, chance_missing, rank
from alerts.walking import place_on_walk, walking_key
from analytics.contract import SlotLevel, SlotState
from console.links import out_event_of, plate_url
from console.views.models import (
    AlertNow,
    BayNow,
    CameraNow,
    Figures,
    HeldNow,
    InboxNow,
    OutNow,
    PictureNow,
    SlotNow,
    StoreNow,
    bays_now,
    moved_cameras,
    place_of,
    title_of,
)
from console.views.outlines import Outline, outlines_of
from detector.contract import FrameFacings
from ingest.contract import CameraStatus
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Camera, Slot, Store

Part = TypeVar("Part", BayNow, CameraNow)
OutlinesOf = Callable[[Catalogue, Camera, int, int], tuple[Outline, ...]]
EvidenceUrls = Callable[[str], tuple[str | None, str | None]]
_INTERVALS_UNTIL_OLD = 5


@dataclass(frozen=True, slots=True)
class StoreRead:
    """What was read of one store: levels by slot; status, newest and shown frames by camera."""

    levels: Mapping[str, SlotLevel] = field(default_factory=dict)
    cameras: Mapping[str, CameraStatus] = field(default_factory=dict)
    newest: Mapping[str, FrameFacings] = field(default_factory=dict)
    shown: Mapping[str, FrameFacings] = field(default_factory=dict)
    out_since: Mapping[str, datetime] = field(default_factory=dict)
    written_at: datetime | None = None


def store_now(
    catalogue: Catalogue,
    store: str,
    read: StoreRead,
    *,
    evidence: EvidenceUrls,
    picture_old_after_s: float,
    outlines: OutlinesOf = outlines_of,
) -> StoreNow:
    """The store as it is known. ``evidence`` gives the before and after pictures of an event id."""
    bays = bays_now(catalogue, store, read.levels)
    cameras = [camera for camera in catalogue.cameras.values() if camera.store == store]
    moved = moved_cameras(read.levels.values())
    shown = [
        replace(_camera_now(catalogue, camera, read, picture_old_after_s, outlines), moved=camera.id in moved)
        for camera in cameras
    ]
    return StoreNow(
        id=store,
        store=catalogue.stores.get(store),
        figures=Figures.of(slot for bay in bays for slot in bay.slots),
        bays=bays,
        cameras=tuple(sorted(shown, key=_camera_key)),
        outs=outs_now(bays, read.out_since, evidence, catalogue.stores.get(store)),
        written_at=read.written_at,
    )


def unchanged_kept(now: StoreNow, before: StoreNow | None) -> StoreNow:
    """The same with the very bays and cameras of ``before`` that did not change, so that ``is`` tells what did."""
    if before is None:
        return now
    bays = {bay.bay.id: bay for bay in before.bays}
    cameras = {camera.camera.id: camera for camera in before.cameras}
    return replace(
        now,
        bays=tuple(_kept(bay, bays.get(bay.bay.id)) for bay in now.bays),
        cameras=tuple(_kept(camera, cameras.get(camera.camera.id)) for camera in now.cameras),
    )


def _kept(new: Part, old: Part | None) -> Part:
    return new if old is None or old != new else old


def outs_now(
    bays: tuple[BayNow, ...], since: Mapping[str, datetime], evidence: EvidenceUrls, store: Store | None
) -> tuple[OutNow, ...]:
    """Every slot that is out: what matters most first (``rank``), and of what nobody knows the cost the longest."""
    outs = []
    for bay in bays:
        for shelf in bay.shelves:
            for slot in shelf.slots:
                if slot.level is None or slot.state is not SlotState.OUT:
                    continue
                event_id = out_event_of(slot.level)
                before, after = (None, None) if event_id is None else evidence(event_id)
                began = since.get(slot.slot.id, slot.level.since)
                risk = at_risk_per_h(slot.product, store, began, chance_missing(slot.level.belief))
                outs.append(OutNow(slot, bay.bay, shelf.shelf, began, before, after, risk))
    return tuple(sorted(outs, key=lambda out: (-rank(out.at_risk_per_h, out.slot.slot), out.since, out.slot.slot.id)))


def slot_at(picture: PictureNow, x_px: float, y_px: float) -> str | None:
    """The slot that lies at a point of the picture."""
    return next((each.slot for each in picture.outlines if each.contains(x_px, y_px)), None)


def worst_cameras(now: StoreNow) -> tuple[str, ...]:
    """Cameras by what their bays cost an hour, then by how many places are out; as they are walked by after that."""
    cost: dict[str, float] = {}
    count: dict[str, int] = {}
    for out in now.outs:
        cost[out.bay.id] = cost.get(out.bay.id, 0.0) + (out.at_risk_per_h or 0.0)
        count[out.bay.id] = count.get(out.bay.id, 0) + 1

    def key(camera: CameraNow) -> tuple[float, int]:
        bays = [bay.id for bay in camera.bays]
        return -sum(cost.get(bay, 0.0) for bay in bays), -sum(count.get(bay, 0) for bay in bays)

    return tuple(camera.camera.id for camera in sorted(now.cameras, key=key))


def slots_of(store: StoreNow, camera: CameraNow) -> dict[str, SlotNow]:
    """The slots of the bays that a camera sees, by id."""
    seen = {bay.id for bay in camera.bays}
    return {slot.slot.id: slot for bay in store.bays if bay.bay.id in seen for slot in bay.slots}


def _camera_now(
    catalogue: Catalogue, camera: Camera, read: StoreRead, old_after_s: float, outlines: OutlinesOf
) -> CameraNow:
    found = (catalogue.bays.get((camera.store, each.bay)) for each in camera.calibrations)
    bays = sorted((bay for bay in found if bay is not None), key=walking_key)
    newest, seen = read.newest.get(camera.id), read.shown.get(camera.id)
    return CameraNow(
        camera=camera,
        bays=tuple(bays),
        status=read.cameras.get(camera.id),
        picture=None if seen is None else _picture(seen, outlines(catalogue, camera, seen.width_px, seen.height_px)),
        old_after_s=max(old_after_s, _INTERVALS_UNTIL_OLD * camera.interval_s),
        newest_at=None if newest is None else newest.received_at,
    )


def _picture(seen: FrameFacings, outlines: tuple[Outline, ...]) -> PictureNow:
    return PictureNow(
        frame_id=seen.frame_id,
        url=plate_url(seen.frame_id),
        width_px=seen.width_px,
        height_px=seen.height_px,
        taken_at=seen.received_at,
        seen=seen,
        outlines=outlines,
    )


def _camera_key(camera: CameraNow) -> tuple[bool, tuple[int, str, str], str]:
    first = walking_key(camera.bays[0]) if camera.bays else (0, "", "")
    return not camera.bays, first, camera.camera.id


AlertEvidence = Callable[[InboxAlert], tuple[str | None, str | None]]


def alerts_now(
    catalogue: Catalogue, alerts: Iterable[InboxAlert], sent: Mapping[str, str], evidence: AlertEvidence
) -> tuple[AlertNow, ...]:
    """Alerts with what the catalogue knows of them, in the order given; ``sent`` holds answers on their way."""
    return tuple(_alert_now(catalogue, alert, sent.get(alert.alert_id), evidence(alert)) for alert in alerts)


def held_now(catalogue: Catalogue, held: Iterable[HeldAlert]) -> tuple[HeldNow, ...]:
    """Alerts that are held back with what the catalogue knows of them, in the order given."""
    return tuple(_held_now(catalogue, each) for each in held)


def _held_now(catalogue: Catalogue, held: HeldAlert) -> HeldNow:
    product = catalogue.products.get((held.store, held.gtin))
    place = _place(catalogue, held, catalogue.slots.get((held.store, held.slot)))
    return HeldNow(held, held.gtin if product is None else product.name, place)


def in_walking_order(alerts: Iterable[AlertNow]) -> tuple[AlertNow, ...]:
    """By store, then bay by bay, each from its top shelf down and from left to right."""
    return tuple(sorted(alerts, key=lambda each: (each.alert.store, each.walking, each.alert.alert_id)))


def joint_inbox(inboxes: Sequence[InboxNow], closed_shown: int) -> InboxNow:
    """One inbox of several stores' inboxes."""
    closed = sorted(
        (each for inbox in inboxes for each in inbox.closed), key=lambda each: each.alert.raised_at, reverse=True
    )
    return InboxNow(
        waiting=tuple(each for inbox in inboxes for each in inbox.waiting),
        closed=tuple(closed[:closed_shown]),
        held=tuple(sorted((each for inbox in inboxes for each in inbox.held), key=lambda each: each.held.due_at)),
        troubles=tuple(dict.fromkeys(trouble for inbox in inboxes for trouble in inbox.troubles)),
    )


def _alert_now(
    catalogue: Catalogue, alert: InboxAlert, sent: str | None, evidence: tuple[str | None, str | None]
) -> AlertNow:
    product = catalogue.products.get((alert.store, alert.gtin))
    slot = catalogue.slots.get((alert.store, alert.slot))
    return AlertNow(
        alert=alert,
        product_name=alert.gtin if product is None else product.name,
        brand="" if product is None else product.brand,
        place=_place(catalogue, alert, slot),
        walking=(walking := place_on_walk(catalogue, alert.store, alert.bay, alert.slot)),
        aisle=walking.aisle,
        bring=None if slot is None else slot.units_to_bring(alert.level),
        before_url=evidence[0],
        after_url=evidence[1],
        sent=sent,
    )


def _place(catalogue: Catalogue, alert: InboxAlert | HeldAlert, slot: Slot | None) -> str:
    bay = catalogue.bays.get((alert.store, alert.bay))
    if bay is None:
        return f"Bay {alert.bay}, place {alert.slot}"
    shelf = None if slot is None else next((each for each in bay.shelves if each.id == slot.shelf), None)
    aisle = f"Aisle {bay.aisle}, " if bay.aisle else ""
    if slot is None or shelf is None:
        return f"{aisle}{title_of(bay)}, place {alert.slot}"
    return f"{aisle}{title_of(bay)}, {place_of(bay, shelf)}"
