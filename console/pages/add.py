"""All pages."""

from fastapi import FastAPI

from console.desk import Desk
from console.pages.about_api import add_about_api
from console.pages.alerts import add_alerts
from console.pages.health import add_health
from console.pages.history import add_history
from console.pages.store_now import add_store_now


def add_pages(desk: Desk, app: FastAPI) -> None:
    """Add every page; ``app`` is what the API's page describes."""
    add_store_now(desk)
    add_alerts(desk)
    add_history(desk)
    add_health(desk)
    add_about_api(desk, app)
