"""How a print is laid out: where name, picture and titles go."""

import cv2
import numpy as np

from ingest.simulator import lettering, motifs
from ingest.simulator.print_parts import logo, picture, titles
from ingest.simulator.print_sheet import Sheet


def poster(sheet: Sheet) -> None:
    """Name above, picture below, title where there is room."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    split = dice.between(0.38, 0.6)
    reach = dice.between(0.0, 0.2)
    picture(sheet, (width * reach, height * split, width * (1 - reach * dice.between(0, 1)), height * 1.02))
    logo(sheet, (width / 2, height * dice.between(0.13, 0.24)), (width * 0.88, height * dice.between(0.14, 0.26)))
    titles(sheet, (width / 2, height * (split - 0.08)), (width * 0.8, height * dice.between(0.1, 0.22)))


def banner(sheet: Sheet) -> None:
    """A broad band with the name across the middle; picture above or below."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    top, band = dice.between(0.3, 0.55), dice.between(0.16, 0.32)
    above = dice.chance(0.5)
    low, high = (0.0, top + 0.1) if above else (top + band - 0.1, 1.0)
    picture(sheet, (width * 0.08, height * low, width * 0.92, height * high))
    cv2.rectangle(sheet.image, (0, int(top * height)), (width, int((top + band) * height)), sheet.palette.panel, -1)
    logo(sheet, (width / 2, height * (top + band / 2)), (width * 0.9, height * band * 0.8))
    titles(sheet, (width / 2, height * (0.14 if not above else (top + band + 1) / 2)), (width * 0.8, height * 0.16))


def split(sheet: Sheet) -> None:
    """Left and right halves of different content."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    at = dice.between(0.35, 0.65)
    cv2.rectangle(sheet.image, (int(at * width), 0), (width, height), sheet.palette.panel, -1)
    picture(sheet, (width * at * 0.9, height * dice.between(0.2, 0.5), width, height * dice.between(0.8, 1.0)))
    logo(sheet, (width * at / 2 + width * 0.04, height * 0.25), (width * max(at, 0.5) * 0.95, height * 0.25))
    titles(sheet, (width * at / 2, height * 0.62), (width * at * 0.9, height * 0.3))


def warning(sheet: Sheet) -> None:
    """Name on one part and a photograph with a text field on the other, as tobacco and medicine packs have it."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    at, up = dice.between(0.35, 0.55), dice.chance(0.5)
    photo = (0.0, 0.0, width, height * at) if up else (0.0, height * (1 - at), width, height)
    if sheet.variant.chance(0.8):
        motifs.lay(sheet.image, motifs.photograph(sheet.variant), photo)
        motifs.lay(sheet.image, motifs.motif(sheet.variant), (photo[0] + width * 0.1, photo[1], photo[2], photo[3]))
    strip = (int(photo[3] - height * 0.09), int(photo[3]))
    cv2.rectangle(sheet.image, (0, strip[0]), (width, strip[1]), (22, 22, 22), -1)
    lettering.fine_lines(
        sheet.image, (width * 0.08, strip[0] + 1, width * 0.9, strip[1]), (235, 235, 235), sheet.variant
    )
    middle = height * ((1 + at) / 2 if up else (1 - at) / 2)
    logo(sheet, (width / 2, middle), (width * 0.86, height * (1 - at) * 0.45))
    titles(sheet, (width / 2, middle + height * (1 - at) * 0.33), (width * 0.6, height * 0.07))


def medal(sheet: Sheet) -> None:
    """A large round label with everything in it."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    centre, radius = (
        (width // 2, int(height * dice.between(0.42, 0.56))),
        int(min(width, height) * dice.between(0.36, 0.5)),
    )
    cv2.circle(sheet.image, centre, radius, sheet.palette.panel, -1, cv2.LINE_AA)
    cv2.circle(sheet.image, centre, radius, sheet.palette.spark, max(1, radius // 12), cv2.LINE_AA)
    box = (centre[0] - radius * 0.6, centre[1] - radius * 0.1, centre[0] + radius * 0.6, centre[1] + radius * 0.95)
    picture(sheet, box)
    logo(sheet, (centre[0], centre[1] - radius * 0.42), (radius * 1.6, radius * 0.55))
    titles(sheet, (centre[0], height * dice.pick((0.08, 0.93))), (width * 0.85, height * 0.1))


def wide(sheet: Sheet) -> None:
    """Long flat packs: name at one side, title beside it, picture at the end."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    mirrored = dice.chance(0.3)

    def place(share: float) -> float:
        return width * (1 - share if mirrored else share)

    if not sheet.name:
        _halved(sheet)
    end = sorted((place(dice.between(0.66, 0.8)), place(1.0)))
    picture(sheet, (end[0], 0, end[1], height))
    logo(sheet, (place(0.26), height * dice.between(0.4, 0.6)), (width * 0.42, height * dice.between(0.5, 0.85)))
    titles(sheet, (place(0.58), height * dice.between(0.35, 0.65)), (width * 0.26, height * 0.55))


def _halved(sheet: Sheet) -> None:
    """Two fields of different colours side by side on many long packs, so that one looks like two."""
    dice = sheet.brand.child("halves")
    if not dice.chance(0.45):
        return
    cut = int(sheet.width * dice.between(0.3, 0.7))
    colours = (sheet.palette.panel, sheet.palette.accent, sheet.palette.quiet, (245, 245, 245))
    for left, right in ((0, cut), (cut, sheet.width)):
        if dice.chance(0.75):
            cv2.rectangle(sheet.image, (left, 0), (right, sheet.height), dice.pick(colours), -1)
    motifs.lay(sheet.image, motifs.motif(sheet.variant.child("halves")), (cut, 0, cut + sheet.height, sheet.height))


def tall(sheet: Sheet) -> None:
    """Tall narrow fronts: the name upright or set along the height."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    picture(sheet, (width * 0.05, height * dice.between(0.55, 0.7), width * 0.95, height * dice.between(0.85, 1.0)))
    if dice.chance(0.35):
        turned = np.ascontiguousarray(np.rot90(sheet.image, 1 if dice.chance(0.5) else -1))
        side = Sheet(turned, sheet.palette, dice, sheet.variant, sheet.name, sheet.title)
        logo(side, (height * 0.5, width * 0.5), (height * 0.5, width * 0.62))
        sheet.image[:] = np.rot90(turned, -1 if np.array_equal(np.rot90(turned, -1).shape, sheet.image.shape) else 1)
    else:
        logo(sheet, (width / 2, height * dice.between(0.2, 0.36)), (width * 0.92, height * dice.between(0.1, 0.2)))
    titles(sheet, (width / 2, height * 0.48), (width * 0.85, height * 0.1))
