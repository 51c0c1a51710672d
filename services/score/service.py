"""Turns what is stored into tallies, months and an index that explains itself."""

from collections.abc import Mapping

from services.adapters.bus.depths import Depths
from services.adapters.clock import BusinessClock
from services.adapters.folder import Folder
from services.adapters.health import Healthy, Servers
from services.adapters.http import Throttle
from services.adapters.ledger import Audited
from services.adapters.mongo import MongoDatabase
from services.adapters.recent import Recent
from services.adapters.registry import Registry
from services.adapters.remembered import Remembered
from services.adapters.rulebook import Rulebook
from services.adapters.telemetry import Look
from services.score.deciding import Deciding
from services.score.explaining import Explaining
from services.score.overviews import Overviews
from services.score.ownwindow import OwnWindow
from services.score.publicboard import Public
from services.score.receiving import Receiving
from services.score.recipes import load_recipes
from services.score.repository import INDEXES
from services.score.rulesets import Rulesets
from services.score.tallying import Tallying
from services.score.telling import Telling


class Score(
    Tallying, Receiving, Deciding, Telling, Explaining, Overviews, OwnWindow, Public, Healthy
):
    """Database in, figures out."""

    name = "score"
    db = MongoDatabase(INDEXES)
    clock = BusinessClock()
    rules = Rulebook()
    registry = Registry()
    recipes = Folder("index", load_recipes)
    rules_named = Folder("rules", Rulesets)
    in_flight = Depths()
    recent = Recent()
    sums = Remembered(most=32)
    dailies = Remembered(most=1000)
    windows = Throttle()
    audit = Audited()
    servers = Servers()

    def _looks(self) -> Mapping[str, Look]:
        return {**super()._looks(), "tallies": self._behind}
