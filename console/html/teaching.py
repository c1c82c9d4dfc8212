"""The pictures that people label: a list of them, and what stands around one that is being corrected."""

from collections.abc import Sequence
from urllib.parse import quote

from console.html.markup import Markup, el, icon, joined
from detector.train.label_folder import KINDS, PictureToLabel

_TITLES = {
    "facing": ("Facing", "F", "the front of one pack"),
    "gap": ("Gap", "G", "an empty place, of a facing or more"),
    "tag": ("Price tag", "T", "a price label on the shelf"),
    "occluder": ("Person or thing", "O", "somebody or something before the shelf"),
    "ignore": ("Ignore here", "I", "nobody can say what is there"),
}


def address_of(name: str) -> str:
    """Where the page of a picture is, below the console's address."""
    return f"teach?picture={quote(name, safe='')}"


def image_url(name: str) -> str:
    """Where a picture's bytes are."""
    return f"teaching/{quote(name, safe='')}"


def picture_grid(pictures: Sequence[PictureToLabel]) -> Markup:
    """Every picture with what was done in it."""
    if not pictures:
        return el("p", "The folder holds no pictures yet: copy some into it, or run `shelfstream teach collect`.")
    return el("div", *(_tile(each) for each in pictures), cls="tiles")


def _tile(picture: PictureToLabel) -> Markup:
    done = ", ".join(f"{kind}s" for kind in picture.labelled)
    state = el("small", icon("check"), f"{picture.boxes} boxes; looked for {done}") if done else el("small", "to do")
    why = el("small", picture.why) if picture.why else None
    image = el("img", src=image_url(picture.name), alt="", loading="lazy")
    return el(
        "a",
        image,
        el("b", picture.name),
        state,
        why,
        href=address_of(picture.name),
        cls="tile done" if done else "tile",
    )


def sheet(picture: PictureToLabel) -> Markup:
    """The picture with an empty layer for boxes, which the script fills."""
    image = el("img", src=image_url(picture.name), alt="The picture", width=picture.width_px, height=picture.height_px)
    layer = el("svg", cls="labels", viewBox=f"0 0 {picture.width_px} {picture.height_px}")
    return joined(image, layer)


def tools() -> Markup:
    """What a box may be, with its key and how many there are, and what else can be done."""
    kinds = [
        el(
            "button",
            el("kbd", key),
            title,
            el("span", "0", cls="howmany"),
            type="button",
            data_kind=kind,
            title=what,
            cls=f"kind {kind}",
            aria_pressed="false",
        )
        for kind, (title, key, what) in _TITLES.items()
    ]
    others = [
        _tool("remove", "delete", "Delete the box (Del)"),
        _tool("undo", "undo", "Undo (Ctrl Z)"),
        _tool("farther", "zoom_out", "Smaller (-)"),
        _tool("closer", "zoom_in", "Larger (+)"),
    ]
    return joined(el("div", *kinds, cls="kinds"), el("div", *others, cls="toolrow"))


def _tool(name: str, sign: str, title: str) -> Markup:
    return el("button", icon(sign), type="button", data_tool=name, title=title, aria_label=title)


def product_field(names: Sequence[tuple[str, str]]) -> Markup:
    """Which product the chosen facing is, for who knows it; ``names`` are GTINs with names."""
    options = [el("option", name, value=gtin) for gtin, name in names]
    field = el("input", type="text", data_product=True, list="products", placeholder="number or name", disabled=True)
    return el("label", "Product of the chosen facing", field, el("datalist", *options, id="products"), cls="product")


def help_text() -> Markup:
    """How it is done, in a few lines."""
    lines = (
        "Drag on a free spot to draw a box; with Shift also over another box.",
        "Tap a box to choose it, drag it to move it; drag an edge or corner of the chosen one to resize it.",
        "Keys: F G T O I say what it is, Del removes it, arrows move it, Tab goes to the next, + and - zoom.",
        "A box is as wide as the pack's front, not its side. A gap is one box per empty place.",
    )
    return el("ul", *(el("li", line) for line in lines), cls="hint")


def looked_for_names() -> dict[str, str]:
    """Titles of the kinds that a person may have looked for."""
    return {kind: _TITLES[kind][0] for kind in KINDS}
