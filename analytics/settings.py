"""How analytics believes and decides. The defaults are a store's; the demonstration sets its own."""

import hashlib
from typing import Annotated, Self

from pydantic import Field, model_validator

from shelfstream.settings.base import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Chance = Annotated[float, Field(gt=0, lt=1)]
Seconds = Annotated[float, Field(gt=0)]


class LookSettings(Settings):
    """When a region counts for a slot, and what a slot then looks like."""

    facing_score_min: Share = Field(0.3, description="facings that the detector is less sure of are not looked at")
    gap_score_min: Share = Field(0.3, description="gaps that the detector is less sure of are not looked at")
    wrong_score_min: Share = Field(0.4, description="how likely another product must be to count as a wrong one")
    planned_odds: Annotated[float, Field(ge=1)] = Field(
        3.0,
        description="so many times likelier by its looks than the planned one: look-alikes need more to be believed",
    )
    margin_share: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        0.08, description="strip at both ends of a slot in which nothing counts: neighbours stand over the line"
    )
    visible_share_min: Share = Field(0.6, description="a slot of which less can be seen gives no evidence")
    bare_share_min: Share = Field(
        0.6, description="a slot is bare when so much of it is under neither facings nor gaps"
    )
    dark_share_min: Share = Field(0.8, description="share of a bay's slots that are bare when the camera sees nothing")
    empty_facings_max: Annotated[float, Field(ge=0)] = Field(0.35, description="at most so many facings' width: empty")
    gap_share_min: Share = Field(0.4, description="an empty slot with this share of gap shows a gap")
    wrong_share_min: Share = Field(0.6, description="share of what stands in the slot that must be wrong products")
    facings_tolerance: Annotated[float, Field(ge=0)] = Field(
        0.4, description="packs are narrower than their places: so many facings fewer still fill the plan"
    )


class SensorSettings(Settings):
    """How the eyes err, as measured on photographs (docs/events.md). Shares of what is there."""

    missed: Chance = Field(0.08, description="how often a facing that stands there is not seen at all")
    missed_together: Chance = Field(
        0.21, description="how far facings side by side are missed together: 0 not, 1 always"
    )
    gap_seen: Chance = Field(
        0.63, description="how often an empty place is seen to be a gap; else nothing is seen there"
    )
    ghosts: Chance = Field(0.11, description="how often a facing is seen in an empty place")
    false_gap: Chance = Field(0.05, description="how often facings of which none is seen look like a gap")
    flickering: Chance = Field(0.05, description="how often a place is now seen so and now otherwise")
    misnamed: Chance = Field(0.008, description="how often the right product is surely called another")
    wrong_noticed: Chance = Field(0.9, description="how often another product in a place is noticed to be one")


Rate = Annotated[float, Field(gt=0, le=1000)]


class ChangeSettings(Settings):
    """How a store changes by itself: rates an hour of one slot, averages over a day with its night."""

    pace: Annotated[float, Field(gt=0)] = Field(1.0, description="how many times faster than in a store goods move")
    sells_per_h: Rate = Field(0.06, description="a facing level goes, of several")
    sells_last_per_h: Rate = Field(0.08, description="the last one goes")
    sells_many_per_h: Rate = Field(0.01, description="two levels or more go at once")
    refills_per_h: Rate = Field(0.12, description="a slot that has some is filled up")
    refills_empty_per_h: Rate = Field(0.35, description="an empty one is")
    refills_short: Chance = Field(0.15, description="share of refills of empty slots that do not fill them")
    mistakes_per_h: Rate = Field(0.03, description="another product is put into an empty place")
    swaps_per_h: Rate = Field(0.0003, description="another product takes the place of one that is there")
    cleared_per_h: Rate = Field(0.1, description="what does not belong there is put right")
    drifts_per_h: Rate = Field(1 / 12, description="the same thing begins to be seen otherwise, by other light")
    passers_per_h: Rate = Field(0.5, description="somebody before the slot whom nobody noticed")
    passer_stays_s: Seconds = Field(60.0, description="for so long")
    parked_per_h: Rate = Field(0.03, description="a trolley or the like that nobody noticed")
    parked_stays_s: Seconds = Field(600.0, description="for so long")
    stocked_share: Chance = Field(0.75, description="of slots never seen so many are taken to be full")
    out_share: Chance = Field(0.07, description="and so many to be out")
    misplaced_share: Chance = Field(
        0.02, description="and so many to hold another product; the rest is neither full nor empty"
    )

    @model_validator(mode="after")
    def _leaves_some(self) -> Self:
        total = self.stocked_share + self.out_share + self.misplaced_share
        if total >= 1:
            raise ValueError(
                f"stocked_share, out_share and misplaced_share come to {total:g}: less than 1 must be left"
            )
        return self


class BeliefSettings(Settings):
    """How belief moves with time and when it decides."""

    change: ChangeSettings = Field(ChangeSettings(), description="what happens to slots by itself")
    floor: Annotated[float, Field(gt=0, lt=0.001)] = Field(1e-15, description="no hidden state is ever believed less")
    independent_after_s: Seconds = Field(
        2.0, description="looks of a camera that follow faster count less: they show the same noise again"
    )
    decide_at: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.95, description="belief at which a state is decided")
    interval_level: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.9,
        description="how likely the truth lies in intervals that are told: since when it is missing, how full it is",
    )
    sure_at: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.9, description="belief at which a state is seen for sure")
    answer_weight: Annotated[float, Field(gt=1)] = Field(
        200.0, description="how many times likelier 'refilled' or 'not empty' makes what it says"
    )


class AnalyticsSettings(Settings):
    """The analytics stage."""

    look: LookSettings = Field(LookSettings(), description="from regions in a picture to what a slot looks like")
    sensor: SensorSettings = Field(SensorSettings(), description="how the eyes err")
    belief: BeliefSettings = Field(BeliefSettings(), description="how belief moves and decides")
    tick_every_s: Seconds = Field(1.0, description="time between ticks: staleness and Redis are checked so often")
    leaves_after_s: Seconds = Field(
        60.0, description="unseen for so long a slot out of the plan is gone; put back before, it is as it was"
    )
    transitions_kept: Annotated[int, Field(ge=1, le=32)] = Field(4, description="transitions that a level carries")
    answers_kept: Annotated[int, Field(ge=1, le=256)] = Field(16, description="ids of answers that a level remembers")
    redis_timeout_s: Seconds = Field(0.5, description="how long a write to Redis may take before it counts as away")

    @property
    def version(self) -> str:
        """The same rules have the same version: it stands in every decision that was made by them."""
        rules = self.model_dump_json(include={"look", "sensor", "belief"})
        return hashlib.sha256(rules.encode()).hexdigest()[:12]
