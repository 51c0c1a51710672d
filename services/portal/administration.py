"""The pages of administrators, and that of whoever sits at a window."""

from services.portal.auditpage import AuditPage
from services.portal.clerk import Clerk
from services.portal.devicespage import DevicesPage
from services.portal.entrypage import EntryPage
from services.portal.healthpage import HealthPage
from services.portal.importpage import ImportPage
from services.portal.peoplepage import PeoplePage
from services.portal.quarantinepage import QuarantinePage


class Administration(
    EntryPage, ImportPage, DevicesPage, PeoplePage, QuarantinePage, HealthPage, AuditPage, Clerk
):
    """Registry, devices, people, quarantine, health and audit; and one's own window."""
