"""How hard a simulated store is: the numbers of ``difficulty.toml``."""

import tomllib
from enum import StrEnum
from pathlib import Path

from shelfstream.settings.base import Settings
from simulator.store.trading import TradeHabits

_FILE = Path(__file__).with_name("difficulty.toml")


class Level(StrEnum):
    """What is in the file."""

    EASY = "easy"
    STANDARD = "standard"
    HARD = "hard"


class Sight(Settings):
    """What stands before a bay and what happens to its camera. Stays are medians or means, as the file says."""

    shoppers_per_hour: float
    shopper_stays_s: float
    trolleys_per_day: float
    trolley_stays_min: float
    cages_per_day: float
    cage_stays_min: float
    occluder_missed: float
    dim_per_day: float
    dim_lasts_min: float
    dim_errors: float
    fog_per_day: float
    fog_lasts_min: float
    nudge_per_day: float
    nudge_lasts_h: float
    nudge_mm: tuple[float, float]
    offline_per_day: float
    offline_lasts_min: float


class Difficulty(Settings):
    """One level."""

    bays: int
    opens: str
    closes: str
    frame_every_s: float
    errors: float
    error_half_life_h: float
    trade: TradeHabits
    sight: Sight


def difficulty_of(level: Level) -> Difficulty:
    """The numbers of a level."""
    return Difficulty(**tomllib.loads(_FILE.read_text())[level])
