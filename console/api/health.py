"""The API's addresses about the system itself: what is behind, what waits, and records that were put aside."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from console.access.gate import visitor_of
from console.console_data import ConsoleData
from console.health.dead_letters import DeadLetter, LetterEnd
from console.health.problems import problems_of
from shelfstream.errors import Faults


class ProblemModel(BaseModel):
    """One thing that is wrong, and what to do about it."""

    what: str
    do: str


class LetterModel(BaseModel):
    """A record that no stage could read."""

    letter: str
    put_aside_at: datetime
    stage: str
    reason: str
    origin: str
    can_be_sent_again: bool
    text: str | None = Field(description="its beginning, where it is text")

    @classmethod
    def of(cls, letter: DeadLetter) -> "LetterModel":
        """As the pages show it."""
        return cls(
            letter=letter.letter_id,
            put_aside_at=letter.buried_at,
            stage=letter.stage,
            reason=letter.reason,
            origin=letter.origin,
            can_be_sent_again=letter.is_whole,
            text=letter.text,
        )


class HealthModel(BaseModel):
    """How the system does."""

    problems: list[ProblemModel]
    behind: dict[str, int] = Field(description="by stage, records that it has still to read")
    waiting: dict[str, int] = Field(description="by channel, messages that are not sent yet")
    dead_letters: list[LetterModel]


class LetterRequest(BaseModel):
    """What is to be done with one."""

    letter: str = Field(max_length=200)
    end: LetterEnd


def add_health_api(router: APIRouter, console_data: ConsoleData) -> None:
    """Add ``/health`` and ``/dead-letters`` below the API's prefix."""

    @router.get("/health", tags=["health"], summary="What is wrong, and how far everything is")
    def health(request: Request) -> HealthModel:
        seen = console_data.seen_by(visitor_of(request))
        machine = seen.operating.now()
        problems = problems_of(machine, [seen.store_now(store) for store in seen.stores()])
        return HealthModel(
            problems=[ProblemModel(what=each.what, do=each.do) for each in problems],
            behind=dict(machine.behind),
            waiting={each.channel: each.waiting for each in machine.backlogs},
            dead_letters=[LetterModel.of(each) for each in machine.letters],
        )

    @router.post("/dead-letters", tags=["health"], summary="Send a record again, or put it away", response_model=None)
    def end_letter(request: Request, asked: LetterRequest) -> JSONResponse:
        seen = console_data.seen_by(visitor_of(request))
        try:
            if asked.end is LetterEnd.REPLAYED:
                seen.operating.replay(asked.letter)
            else:
                seen.operating.drop(asked.letter)
        except Faults as faults:
            return JSONResponse({"error": "; ".join(str(fault) for fault in faults.faults)}, 404)
        return JSONResponse({"letter": asked.letter, "end": asked.end.value})
