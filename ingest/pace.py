"""When the next picture is due. Pure."""


def next_due_s(due_s: float, now_s: float, interval_s: float) -> float:
    """One interval after the last one was due; if that has passed already, now: missed pictures are not made up."""
    return max(due_s + interval_s, now_s)
