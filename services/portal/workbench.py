"""The workbench: where officers see their cases through."""

from services.adapters.registry import Registry, RegistryCache
from services.portal.caselist import CaseList
from services.portal.casemoves import CaseMoves
from services.portal.casepage import CasePage
from services.portal.looking import Looking
from services.portal.newcase import NewCase
from services.portal.savedfilters import KeepingFilters


class Workbench(CaseList, CasePage, CaseMoves, NewCase, KeepingFilters, Looking):
    """The list, the case, what is done with it, filters that somebody keeps, looks at raters."""

    registry: RegistryCache = Registry()
