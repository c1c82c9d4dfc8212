"""How long to wait before connecting again."""

_DOUBLINGS_MAX = 32


def backoff_s(failures: int, first_s: float, max_s: float, jitter: float) -> float:
    """Wait after ``failures`` (1 or more) in a row: doubling, capped, then shortened by up to half.

    ``jitter`` in 0…1 comes from a random source, so that many cameras behind one switch do not return at once.
    """
    doublings = min(failures - 1, _DOUBLINGS_MAX)
    return min(max_s, first_s * 2.0**doublings) * (1 - jitter / 2)
