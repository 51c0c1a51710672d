"""Turns what is stored into tallies, months and an index that explains itself."""

from werkzeug.wrappers import Request

from services.adapters.bus.depths import Depths
from services.adapters.clock import BusinessClock
from services.adapters.folder import Folder
from services.adapters.http import Throttle, api
from services.adapters.ledger import Audited
from services.adapters.mongo import MongoDatabase
from services.adapters.recent import Recent
from services.adapters.registry import Registry
from services.adapters.rulebook import Rulebook
from services.contracts.actor import Actor
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


class Score(Tallying, Receiving, Deciding, Telling, Explaining, Overviews, OwnWindow, Public):
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
    windows = Throttle()
    audit = Audited()

    @api("GET", "/healthz", None)
    def healthz(self, request: Request, actor: Actor) -> dict[str, bool]:
        """The process lives."""
        return {"live": True}
