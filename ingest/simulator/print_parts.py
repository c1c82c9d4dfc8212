"""The parts that all layouts of a print share: name, titles, picture."""

import cv2

from ingest.simulator import lettering, motifs
from ingest.simulator.colours import Colour, readable_on, scaled
from ingest.simulator.dice import Dice
from ingest.simulator.print_sheet import Sheet


def logo(sheet: Sheet, centre: tuple[float, float], room: tuple[float, float]) -> None:
    """The brand's name, on a plate or with an outline, alike on all variants."""
    dice = sheet.brand.child("logo")
    face, weight = lettering.typeface(dice)
    name = sheet.name or lettering.brand_name(dice)
    mask = lettering.word_mask(name, face, max(weight, 600))
    if not sheet.name and dice.chance(0.15):
        mask = lettering.glyph_mask(dice.seed() % 5000, dice.whole(2, 4))
    if dice.chance(0.4):
        mask = lettering.bent(mask, dice)
    ground = sheet.ground_at(*centre)
    if dice.chance(0.45):
        ground = dice.pick(
            (sheet.palette.panel, sheet.palette.ground, sheet.palette.quiet, (245, 245, 245), (30, 25, 140))
        )
        _plate(sheet, centre, room, ground, dice)
        room = (room[0] * 0.84, room[1] * 0.72)
    colour = readable_on(ground, dice, dice.pick((None, sheet.palette.panel)))
    outline = dice.pick((None, None, (250, 250, 250), (20, 20, 20))) if dice.chance(0.5) else None
    lettering.write(sheet.image, mask, centre, room, colour, outline=outline)


def _plate(sheet: Sheet, centre: tuple[float, float], room: tuple[float, float], colour: Colour, dice: Dice) -> None:
    at, half = (int(centre[0]), int(centre[1])), (max(2, int(room[0] / 2)), max(2, int(room[1] / 2)))
    rim = dice.pick((sheet.palette.spark, (250, 250, 250), scaled(colour, 0.5)))
    if dice.chance(0.5):
        cv2.ellipse(sheet.image, at, half, dice.between(-8, 8), 0, 360, colour, -1, cv2.LINE_AA)
        if dice.chance(0.6):
            cv2.ellipse(sheet.image, at, half, 0, 0, 360, rim, max(1, half[1] // 10), cv2.LINE_AA)
        return
    corner, other = (at[0] - half[0], at[1] - half[1]), (at[0] + half[0], at[1] + half[1])
    cv2.rectangle(sheet.image, corner, other, colour, -1)
    if dice.chance(0.4):
        cv2.rectangle(sheet.image, corner, other, rim, max(1, half[1] // 10))


def titles(sheet: Sheet, centre: tuple[float, float], room: tuple[float, float]) -> None:
    """The variant's name in one to three lines."""
    layout, words = sheet.brand.child("titles"), sheet.variant.child("words")
    face, weight = lettering.typeface(layout)
    lines = layout.whole(1, 3)
    row = room[1] / lines
    colour = readable_on(sheet.ground_at(*centre), words, layout.pick((None, sheet.palette.accent)))
    for line in range(lines):
        text = lettering.title(words) if line == 0 or words.chance(0.6) else lettering.small_print(words)
        text = sheet.title if line == 0 and sheet.title else text
        share = 1.0 if line == 0 else layout.between(0.45, 0.8)
        at = (centre[0], centre[1] - room[1] / 2 + row * (line + 0.5))
        lettering.write(sheet.image, lettering.word_mask(text, face, weight), at, (room[0] * share, row * 0.8), colour)


def picture(sheet: Sheet, box: tuple[float, float, float, float]) -> None:
    """The variant's illustration, sometimes on a coloured patch, sometimes twice."""
    layout, dice = sheet.brand.child("picture"), sheet.variant.child("picture")
    if layout.chance(0.3):
        patch = (int(box[0]), int(box[1])), (int(box[2]), int(box[3]))
        cv2.rectangle(sheet.image, patch[0], patch[1], sheet.palette.accent, -1)
    art = motifs.photograph(dice) if layout.chance(0.25) else motifs.motif(dice)
    motifs.lay(sheet.image, art, box)
    if layout.chance(0.3):
        x, y = (box[2] - box[0]) * layout.between(-0.3, 0.5), (box[3] - box[1]) * layout.between(0.1, 0.5)
        size = min(box[2] - box[0], box[3] - box[1]) * layout.between(0.3, 0.6)
        motifs.lay(sheet.image, motifs.motif(dice), (box[0] + x, box[1] + y, box[0] + x + size, box[1] + y + size))
