"""HTTP, once: who is asking, what may they, what did they send, and errors as RFC 9457 problems."""

from services.adapters.http.bodies import parsed, read_items, read_json, read_query
from services.adapters.http.entrypoint import ANONYMOUS, api
from services.adapters.http.paging import leading_on
from services.adapters.http.problems import refusal
from services.adapters.http.throttle import Throttle, Windows

__all__ = [
    "ANONYMOUS",
    "Throttle",
    "Windows",
    "api",
    "leading_on",
    "parsed",
    "read_items",
    "read_json",
    "read_query",
    "refusal",
]
