"""All questions by their names; what is out now is one of them."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import and_, func, select

from analytics.contract import SlotState
from analytics.historian.availability.tables import product_facts
from analytics.historian.tables import state_intervals
from analytics.history.questions.availability import COVERAGE_HOLES, OSA_DAYS, OSA_WEEKS
from analytics.history.questions.products import CHRONIC, EFFECT, LOST_SALES
from analytics.history.questions.question import AnswerColumn, Asked, Ordered, Question, Unit
from analytics.history.questions.sums import by_name, of_products, of_stores
from shelfstream.errors import Fault, Faults

_out = state_intervals.c


def _open_now(asked: Asked, _dialect: str) -> Ordered:
    """What is out and has not ended, whenever it began; days do not matter."""
    same = and_(product_facts.c.store == _out.store, product_facts.c.gtin == _out.gtin)
    query = (
        select(
            _out.store,
            _out.bay,
            _out.slot,
            _out.gtin,
            func.coalesce(product_facts.c.name, "").label("product"),
            func.coalesce(product_facts.c.category, "").label("category"),
            _out.from_earliest.label("since_earliest"),
            _out.from_at.label("since"),
            _out.confidence,
        )
        .join_from(state_intervals, product_facts, same, isouter=True)
        .where(_out.state == SlotState.OUT.value, _out.to_at.is_(None))
    )
    return Ordered(of_products(of_stores(query, _out.store, asked), _out.gtin, asked), ("since", "store", "slot"))


OPEN_NOW = Question(
    "open-now", "What is out now, since when: the longest first.",
    by_name(
        AnswerColumn("store", Unit.TEXT, "The store."),
        AnswerColumn("bay", Unit.TEXT, "The bay."),
        AnswerColumn("slot", Unit.TEXT, "The slot."),
        AnswerColumn("gtin", Unit.TEXT, "The product that is planned there."),
        AnswerColumn("product", Unit.TEXT, "Its name, by the catalogue now."),
        AnswerColumn("category", Unit.TEXT, "Its category, by the catalogue now."),
        AnswerColumn("since_earliest", Unit.MOMENT, "It began between then"),
        AnswerColumn("since", Unit.MOMENT, "and then, when it was first seen."),
        AnswerColumn("confidence", Unit.SHARE, "How sure that was."),
    ),
    _open_now, frozenset({"stores", "regions", "categories", "gtins"}),
)  # fmt: skip

QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {each.name: each for each in (OSA_WEEKS, OSA_DAYS, OPEN_NOW, CHRONIC, LOST_SALES, EFFECT, COVERAGE_HOLES)}
)


def question_named(name: str) -> Question:
    """Raises ``Faults`` that names those that there are."""
    found = QUESTIONS.get(name)
    if found is None:
        raise Faults("question", [Fault(name, f"is no question; there are {', '.join(QUESTIONS)}")])
    return found
