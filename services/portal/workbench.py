"""The workbench: where officers see their cases through."""

from services.adapters.registry import Registry, RegistryCache
from services.portal.caselist import CaseList
from services.portal.casemoves import CaseMoves
from services.portal.casepage import CasePage
from services.portal.newcase import NewCase
from services.portal.savedfilters import KeepingFilters


class Workbench(CaseList, CasePage, CaseMoves, NewCase, KeepingFilters):
    """The list, the case, what is done with it, and the filters that somebody keeps."""

    registry: RegistryCache = Registry()
