"""Answers as the explorer of history shows them: twelve weeks of regions, and what is out again and again."""

from datetime import date, timedelta

from analytics.history.questions.named import QUESTIONS
from analytics.history.questions.question import HistoryPage

FIRST = date(2026, 3, 2)
_REGIONS = ("North", "South", "West")


def weeks_of_regions() -> HistoryPage:
    """North is good, South was hardly seen, West gets worse; in the last week nobody saw anything of it."""
    question = QUESTIONS["osa-weeks"]
    rows: list[tuple[object, ...]] = []
    for place, region in enumerate(_REGIONS):
        for number in range(12):
            share: float | None = (0.985, 0.95, 0.97 - 0.02 * number)[place]
            coverage = (0.97, 0.35, 0.9)[place]
            if place == 2 and number == 11:
                share, coverage = None, 0.0
            week = FIRST + timedelta(weeks=number)
            rows.append((region, week, share, coverage, 5400.0, 5100.0, 6000.0, 7000, 350))
    return HistoryPage(list(question.columns.values()), rows)


def chronic_milk() -> HistoryPage:
    """One product of one store, with another page behind it."""
    question = QUESTIONS["chronic"]
    row = (
        date(2026, 3, 1), "main-street", "04006381333931", "Whole <milk>", "Dairy", 0.84, 0.92, 2400.0, 2100.0, 2900.0,
        168, 40, 512.4, 448.0, 619.9,
    )  # fmt: skip
    return HistoryPage(list(question.columns.values()), [row], "bmV4dA==")
