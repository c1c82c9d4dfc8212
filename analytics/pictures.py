"""Ids of the pictures that the keeper keeps. Everybody reads pictures by id from the picture store.

Plates are whole frames, kept for a short time; evidence is a crop of the slot alone, kept as long as its event.
"""

from typing import Literal

PLATES = "plates"
EVIDENCE = "evidence"
Moment = Literal["before", "after"]


def plate_id(frame_id: str) -> str:
    """Picture id of a frame, given its frame id ``store/camera/epoch-sequence``."""
    return f"{PLATES}/{frame_id}.jpg"


def evidence_id(store: str, event_id: str, moment: Moment) -> str:
    """Picture id of an event's crop: ``before``, where the former state was last seen, or ``after``, the new one."""
    return f"{EVIDENCE}/{store}/{event_id}/{moment}.jpg"
