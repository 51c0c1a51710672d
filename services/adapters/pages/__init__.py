"""Pages for people, once: who looks, in which language, and what they are shown."""

from services.adapters.pages.assets import Assets, AssetsOnDisk
from services.adapters.pages.entrypoint import page
from services.adapters.pages.rendering import Rendering, Templates
from services.adapters.pages.sessions import Sessions, SessionStore
from services.adapters.pages.view import HTML, View, go
from services.adapters.pages.visitor import Visitor

__all__ = [
    "HTML",
    "Assets",
    "AssetsOnDisk",
    "Rendering",
    "SessionStore",
    "Sessions",
    "Templates",
    "View",
    "Visitor",
    "go",
    "page",
]
