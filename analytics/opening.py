"""Opening time within a stretch that a question is about."""

from bisect import bisect_right
from datetime import datetime, timedelta

from shelfstream.catalogue.hours import Interval, open_intervals, open_seconds
from shelfstream.catalogue.model import Store

_MINUTE_S = 60.0
_WEEK = timedelta(days=7)
_DAYS = 7


class Opening:
    """The opening of one store within ``[start, stop)``; a store that is not known counts as always open."""

    def __init__(self, store: Store | None, start: datetime, stop: datetime) -> None:
        self._start, self._stop = start, max(start, stop)
        whole = [Interval(self._start, self._stop)] if self._stop > self._start else []
        self._stretches = whole if store is None else list(open_intervals(store, self._start, self._stop))
        self._begins = [stretch.starts_at for stretch in self._stretches]
        week_s = _WEEK.total_seconds() if store is None else open_seconds(store, self._stop - _WEEK, self._stop)
        self.minutes_per_day = week_s / _DAYS / _MINUTE_S
        """Average opening per day, over the week before ``stop``."""

    @property
    def minutes_open(self) -> float:
        """All opening within the stretch, in minutes."""
        return sum(stretch.length_s for stretch in self._stretches) / _MINUTE_S

    def minutes(self, begins: datetime, ends: datetime | None) -> float:
        """Opening between two times in minutes; an open end lasts to the end of the stretch."""
        ends = self._stop if ends is None else ends
        seconds = 0.0
        for stretch in self._stretches[max(0, bisect_right(self._begins, begins) - 1) :]:
            if stretch.starts_at >= ends:
                break
            seconds += max(0.0, (min(stretch.ends_at, ends) - max(stretch.starts_at, begins)).total_seconds())
        return seconds / _MINUTE_S
