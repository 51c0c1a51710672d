"""Pages for people, on one port; every part has its own module and asks the other services."""

from services.adapters.clock import BusinessClock, Clock
from services.adapters.health import Healthy, Servers
from services.adapters.http import Throttle, Windows
from services.adapters.ledger import Audited, Record
from services.adapters.mongo import Db, MongoDatabase
from services.adapters.pages import (
    Assets,
    AssetsOnDisk,
    Rendering,
    Sessions,
    SessionStore,
    Templates,
)
from services.adapters.public import PublicUrl
from services.adapters.recent import Recent, Recently
from services.adapters.rulebook import Rulebook, RulesInForce
from services.adapters.services import Services, ServicesByName
from services.portal.administration import Administration
from services.portal.citizens import Citizens
from services.portal.entrance import Entrance
from services.portal.gateway import Gateway
from services.portal.kiosk import Kiosk
from services.portal.leading import Leading
from services.portal.workbench import Workbench


class Portal(Administration, Citizens, Entrance, Gateway, Healthy, Kiosk, Leading, Workbench):
    """What citizens, officers, scorers, leaders and administrators look at."""

    name = "portal"
    db: Db = MongoDatabase({})
    clock: Clock = BusinessClock()
    rulebook: RulesInForce = Rulebook()
    assets: AssetsOnDisk = Assets()
    services: ServicesByName = Services()
    sessions: SessionStore = Sessions()
    throttle: Windows = Throttle()
    recent: Recently = Recent()
    templates: Templates = Rendering()
    public_url: str = PublicUrl()
    audit: Record = Audited()
    servers: Servers = Servers()
