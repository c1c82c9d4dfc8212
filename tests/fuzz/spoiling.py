"""Spoils good bytes, so that a parser gets beyond its first line before it meets what is wrong."""

import json
import random
from typing import Any

_STRANGE: tuple[object, ...] = (
    None, True, -1, 0, 2**70, 1e308, -0.0, "", "x", "\udcfc", "é" * 400, "../../etc", "2026-13-45T99:99Z",
    "0001-01-01T00:00:00+14:00", [], {}, [[]], {"a": []},
)  # fmt: skip
_PIECES = (b"\x00", b"\xff\xd9", b"\r\n", b"\n\n", b":", b'"', b",", b";", b"=", b"&x", b"*x", b"[" * 50, b"%00")


def spoilt(good: bytes, seed: int) -> bytes:
    """The bytes after one to four accidents: cut, doubled, overwritten, moved; JSON may lose a value's kind instead."""
    dice = random.Random(seed)
    if dice.random() < 0.5 and good[:1] in (b"{", b"["):
        return _spoilt_json(good, dice)
    data = bytearray(good)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        length = min(dice.choice((1, 2, 8, 100)), len(data) - at)
        match dice.randrange(6):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = data[at : at + length] * dice.choice((1, 50))
            case 2:
                data[at : at + length] = dice.randbytes(length)
            case 3:
                data[at:at] = dice.choice(_PIECES)
            case 4:
                del data[at:]
            case _ if data:
                place = dice.randrange(len(data))
                data[place] ^= 1 << dice.randrange(8)
    return bytes(data)


def _spoilt_json(good: bytes, dice: random.Random) -> bytes:
    whole: Any = json.loads(good)
    place: Any = whole
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = dice.choice(keys)
        below = place[key]
        if not isinstance(below, dict | list) or not below or dice.random() < 0.25:
            if dice.random() < 0.15:
                del place[key]
            else:
                place[key] = dice.choice(_STRANGE)
            break
        place = below
    return json.dumps(whole).encode()
