"""A plan laid over a picture: its places, its handles, and what the camera's facings say of it."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from analytics.photographs.sight import PlaceInSight
from analytics.photographs.verdict import Proposal
from analytics.plan_learning.draft import DraftPlan
from console.html.markup import Markup, el, icon, joined
from console.views.models import PictureNow
from console.views.outlines import Corner, Outline
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.write import cameras_text
from shelfstream.catalogue.model import Camera

_HANDLE_SHARE, _REACH_SHARE = 0.009, 0.03
_OFTEN_KNOWN = 0.8
CORNERS = tuple(f"{each} corner of the plan" for each in ("top left", "top right", "bottom right", "bottom left"))


def picture(shown: PictureNow) -> Markup:
    """What the plan is laid over."""
    return el("img", src=shown.url, alt="What the camera sees", width=shown.width_px, height=shown.height_px)


def places(shown: PictureNow, outlines: Iterable[Outline], colours: Mapping[str, str]) -> Markup:
    """The outline of each place, and whether its product was seen in it."""
    drawn = [
        el(
            "polygon",
            points=" ".join(f"{x:g},{y:g}" for x, y in outline.corners_px),
            cls=f"place {colours.get(outline.slot, '')}",
            data_slot=outline.slot,
        )
        for outline in outlines
    ]
    return _layer(shown, *drawn)


def handles(shown: PictureNow, spots: Iterable[Corner], names: Sequence[str] = CORNERS) -> Markup:
    """Handles, to be dragged or moved with the arrow keys."""
    drawn = []
    for number, (x, y) in enumerate(spots):
        drawn.append(
            el(
                "g",
                el("circle", r=round(shown.width_px * _REACH_SHARE, 1), cls="reach"),
                el("circle", r=round(shown.width_px * _HANDLE_SHARE, 1), cls="dot"),
                cls="handle",
                tabindex=0,
                role="button",
                aria_label=names[number],
                data_handle=number,
                data_x=x,
                data_y=y,
                transform=f"translate({x:g} {y:g})",
            )
        )
    return _layer(shown, *drawn)


def _layer(shown: PictureNow, *children: str) -> Markup:
    return el("svg", *children, viewBox=f"0 0 {shown.width_px} {shown.height_px}")


def standing(proposal: Proposal | None, facings: int) -> Markup:
    """In words: how well the plan lies, by the facings that are seen; ``None``: it lies in no possible way."""
    if not facings:
        return el("p", "No facings are seen in this picture yet, so nothing can be said of it.")
    if proposal is None:
        return el("p", icon("help"), "No shelf looks like this: the handles are at the wrong corners.", cls="verdict")
    figures = [
        el("dt", "Places confirmed"), el("dd", str(len(proposal.confirmed)), data_figure="confirmed"),
        el("dt", "Another product there"), el("dd", str(len(proposal.contradicted)), data_figure="contradicted"),
        el("dt", "Facings off by"), el("dd", f"{proposal.residual_mm:.0f} mm", data_figure="residual"),
    ]  # fmt: skip
    return joined(_verdict(proposal), el("dl", *figures, cls="facts"))


def _verdict(proposal: Proposal) -> Markup:
    if proposal.sure:
        return el("p", icon("check_circle"), "The plan lies where its products are seen.", cls="verdict good")
    return el("p", icon("help"), f"Not sure: {proposal.why}.", cls="verdict")


def found(proposals: Iterable[Proposal], catalogue: Catalogue, store: str) -> Markup:
    """What a search for the plan found, bay by bay."""
    rows = [
        el(
            "li",
            el("b", catalogue.bays[store, each.bay].name or each.bay),
            ": ",
            f"sure, {len(each.confirmed)} places confirmed{_ahead(each)}" if each.sure else each.why,
        )
        for each in proposals
    ]
    return el("ul", *rows, cls="foundlist")


def _ahead(proposal: Proposal) -> str:
    return f", {proposal.margin:.0f} ahead of the next way" if np.isfinite(proposal.margin) else ""


def draft_summary(draft: DraftPlan, catalogue: Catalogue, chosen: str) -> Markup:
    """How far a draft is, and which place is being corrected."""
    figures = [
        el("dt", "Shelves"), el("dd", str(len(draft.bay.shelves)), data_figure="shelves"),
        el("dt", "Places"), el("dd", str(len(draft.slots)), data_figure="places"),
        el("dt", "Products without a name"), el("dd", str(len(draft.unnamed)), data_figure="unnamed"),
    ]  # fmt: skip
    slot = next((each for each in draft.slots if each.id == chosen), None)
    if slot is None:
        return el("dl", *figures, cls="facts")
    product = catalogue.products.get((slot.store, slot.gtin))
    name = slot.gtin if product is None else product.name
    return joined(el("dl", *figures, cls="facts"), el("p", el("b", slot.id), f": {name}", data_chosen=slot.id))


def to_write(camera: Camera) -> Markup:
    """What a person writes into the catalogue's folder where this console may not."""
    said = "This console may not write to the catalogue's folder (console.catalogue_folder). Put this in cameras.yaml:"
    return joined(el("p", said), el("pre", cameras_text([camera])))


def places_table(seen: Iterable[PlaceInSight], coverage: Mapping[str, float] = MappingProxyType({})) -> Markup:
    """How large a facing of each place is in the picture, the smallest first, and what follows from all of them.

    ``coverage``: by slot, the share of its planned time of the last week in which it was known.
    """
    known = sorted(seen, key=lambda each: each.facing_px)
    rows = [
        el(
            "tr",
            el("td", each.product, el("small", each.slot)),
            el("td", f"{each.facing_px:.0f} px", cls="number"),
            el("td", f"{each.recall:.0%}", cls="number"),
            el("td", f"{coverage[each.slot]:.0%}" if each.slot in coverage else "–", cls="number"),
            el("td", _remark(each, coverage.get(each.slot, 1.0))),
        )
        for each in known
    ]
    if not rows:
        return joined()
    head = el(
        "tr",
        el("th", "Place"),
        el("th", "A facing"),
        el("th", "Found, of such"),
        el("th", "Known, last week"),
        el("th", ""),
    )
    table = el("table", el("thead", head), el("tbody", *rows), cls="placelist")
    return joined(
        el("ul", *(el("li", icon("lightbulb"), each) for each in advice(known, coverage)), cls="advice"), table
    )


def advice(seen: Sequence[PlaceInSight], coverage: Mapping[str, float]) -> list[str]:
    """What would make the camera see better, a sentence each; nothing where it sees well."""
    small = sum(each.small for each in seen)
    cut = sum(not each.whole for each in seen)
    blocked = sum(coverage.get(each.slot, 1.0) < _OFTEN_KNOWN for each in seen)
    said = []
    if small:
        said.append(f"{_places(small)} too small: bring the camera closer, zoom in, or take larger pictures.")
    if cut:
        said.append(f"{_places(cut)} not whole in the picture: turn the camera, or let another one see the rest.")
    if blocked:
        said.append(f"{_places(blocked)} often not seen: look for what stands in the way, or see from another side.")
    return said


def _places(count: int) -> str:
    return "One place is" if count == 1 else f"{count} places are"


def _remark(place: PlaceInSight, known: float) -> str:
    remarks = [] if place.whole else ["not whole in the picture"]
    if place.small:
        remarks.append("small: look-alikes cannot be told apart")
    if known < _OFTEN_KNOWN:
        remarks.append("often not seen")
    return ", ".join(remarks)
