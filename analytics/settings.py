"""How analytics believes and decides. The defaults suit a demonstration with a frame every second or two."""

import hashlib
from typing import Annotated, Self

from pydantic import Field, model_validator

from shelfstream.settings.base import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Chance = Annotated[float, Field(gt=0, lt=1)]
Seconds = Annotated[float, Field(gt=0)]
_SUM_TOLERANCE = 1e-6


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


class Likelihoods(Settings):
    """How often a slot in one state looks like this; the five add up to one. What is blank counts as bare."""

    full: Chance
    partial: Chance
    gap: Chance
    bare: Chance
    wrong: Chance

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = self.full + self.partial + self.gap + self.bare + self.wrong
        if abs(total - 1) > _SUM_TOLERANCE:
            raise ValueError(f"full, partial, gap, bare and wrong add up to {total:g}, not to 1")
        return self


class SensorSettings(Settings):
    """The sensor model: a row per hidden state. A single odd frame must never turn a belief over."""

    stocked: Likelihoods = Field(
        Likelihoods(full=0.86, partial=0.08, gap=0.01, bare=0.03, wrong=0.02), description="enough facings stand there"
    )
    low: Likelihoods = Field(
        Likelihoods(full=0.11, partial=0.8, gap=0.03, bare=0.04, wrong=0.02), description="fewer than presentable"
    )
    out: Likelihoods = Field(
        Likelihoods(full=0.02, partial=0.08, gap=0.74, bare=0.14, wrong=0.02), description="nothing stands there"
    )
    misplaced: Likelihoods = Field(
        Likelihoods(full=0.12, partial=0.1, gap=0.02, bare=0.03, wrong=0.73), description="another product stands there"
    )


class PriorSettings(Settings):
    """What is believed of a slot that was not seen for very long, and of one never seen."""

    stocked: Chance = 0.85
    low: Chance = 0.06
    out: Chance = 0.06
    misplaced: Chance = 0.03

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = self.stocked + self.low + self.out + self.misplaced
        if abs(total - 1) > _SUM_TOLERANCE:
            raise ValueError(f"stocked, low, out and misplaced add up to {total:g}, not to 1")
        return self


class BeliefSettings(Settings):
    """How belief moves with time and when it decides."""

    prior: PriorSettings = Field(PriorSettings(), description="long-run shares of the states")
    memory_s: Seconds = Field(
        600.0,
        description="after so long without evidence a belief is a third itself and two thirds prior; stores: 3600",
    )
    floor: Annotated[float, Field(gt=0, lt=0.1)] = Field(
        0.004, description="no state is ever believed less than this, so that a change shows within a few frames"
    )
    independent_after_s: Seconds = Field(
        0.7, description="frames that follow faster count less: they show the same noise again"
    )
    blank_independent_after_s: Seconds = Field(
        2.5,
        description="the same for slots that are blank together: who stands there longer than six times this is taken "
        "for an empty shelf; stores without plates: 60",
    )
    decide_at: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.97, description="belief at which a state is decided")
    sure_at: Annotated[float, Field(gt=0.5, lt=1)] = Field(0.9, description="belief at which a state is seen for sure")
    answer_weight: Annotated[float, Field(gt=1)] = Field(
        200.0, description="how many times likelier 'refilled' or 'not empty' makes what it says"
    )


class AnalyticsSettings(Settings):
    """The analytics stage."""

    look: LookSettings = Field(LookSettings(), description="from regions in a picture to what a slot looks like")
    sensor: SensorSettings = Field(SensorSettings(), description="how often a slot in each state looks like what")
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
