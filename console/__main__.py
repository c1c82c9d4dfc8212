"""Composition root of the console."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from fastapi import FastAPI

from alerts.links import AnswerLinks
from analytics.live.news import LiveNews
from analytics.live.reader import LiveReader
from console.access.accounts import Accounts, SessionTimes
from console.access.gate import Access, Doorkeeper
from console.access.oidc import Oidc
from console.answering import Answering
from console.app import make_app
from console.console_data import ConsoleData
from console.health.machine import Machine
from console.reading import SqlHistory, SqlInbox
from console.service import ConsoleService
from console.settings import ConsoleSettings
from console.setup.desk import CatalogueDesk
from console.setup.eyes import Eyes
from console.setup.recalibration import Recalibration
from console.sources import ConsoleSources
from detector.train.label_folder import TeachingFolder
from shelfstream.catalogue.follower import CatalogueFollower
from shelfstream.errors import Fault, Faults
from shelfstream.service import StageContext


def build(settings: ConsoleSettings, parts: StageContext) -> ConsoleService:
    """The console's service. Raises ``Faults`` when there is no Redis to read from."""
    redis, engine = parts.redis, parts.engine
    if redis is None:
        raise Faults("console", [Fault("redis.url", "is needed: the console shows what stands there")])
    feed = CatalogueFollower(parts.bus, settings.catalogue_every_s)

    live = LiveReader(redis, parts.clock)
    links = AnswerLinks(parts.link_keys) if parts.link_keys else None
    desk = None if settings.catalogue_folder is None else CatalogueDesk(settings.catalogue_folder)
    teaching = None if settings.teaching_folder is None else TeachingFolder(settings.teaching_folder)
    doorkeeper = None if settings.sign_in == "off" else Doorkeeper(_access(settings, parts))
    oidc = None if settings.oidc is None else Oidc(settings.oidc, parts.clock, parts.link_keys)

    told: list[ConsoleData] = []

    def tell(store: str) -> None:
        for each in told:
            each.changed(store)

    news = LiveNews(redis, tell)

    @contextmanager
    def app() -> Iterator[FastAPI]:
        with closing(parts.bus.producer()) as producer:
            answering = Answering(producer, parts.clock, within_s=settings.answer_within_s, by=settings.answered_by)
            machine = Machine(parts.bus, engine, parts.clock)
            inbox, history, eyes = SqlInbox(engine), SqlHistory(engine), Eyes(parts.pictures, settings.manifest)
            sources = ConsoleSources(
                live, inbox, history, parts.pictures, feed, answering, eyes, desk, teaching, machine
            )
            console_data = ConsoleData(sources, settings, parts.clock)
            console_data.heard_by(news)
            told.append(console_data)
            yield make_app(console_data, parts.secrets, links, doorkeeper, oidc)

    background = {"console-catalogue": feed.run, "console-news": news.run}
    if settings.recalibrate == "take" and desk is not None:
        background["console-recalibration"] = Recalibration(live, feed, desk).run
    return ConsoleService(settings, app, background)


def _access(settings: ConsoleSettings, parts: StageContext) -> Access:
    times = SessionTimes(timedelta(hours=settings.session_idle_h), timedelta(days=settings.session_most_days))
    return Access(Accounts(parts.engine), parts.clock, times)
