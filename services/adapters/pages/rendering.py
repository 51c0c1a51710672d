"""Templates: the one Jinja environment, with the words, times and numbers that all pages share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nameko.extensions import DependencyProvider, SharedExtension

from services.adapters.pages.assets import AssetsOnDisk
from services.adapters.pages.guarding import FORM_FIELD
from services.adapters.pages.language import translations
from services.adapters.pages.visitor import LANGUAGES, Visitor
from services.adapters.rulebook import load_rules
from services.adapters.settings import ROOT, config_dir

TEMPLATES = ROOT / "services" / "portal" / "templates"
NOTHING = "—"
HIDDEN = Markup('<input type="hidden" name="{}" value="{}">')
EXTENSIONS = ("jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols")


class Templates(SharedExtension):
    """Renders a template for a visitor, in its language and in the time of the region."""

    assets = AssetsOnDisk()

    @cached_property
    def _zone(self) -> ZoneInfo:
        config = self.container.config
        rules = load_rules(config_dir(config) / "rules", config["HAOPING_RULES"])
        return ZoneInfo(str(rules.region.zone))

    def render(self, template: str, values: Mapping[str, Any], visitor: Visitor, here: str) -> str:
        """The page as HTML; `here` is the page that the visitor looks at."""
        found = self._environment(visitor.language).get_template(template)
        token = HIDDEN.format(FORM_FIELD, visitor.form_token)
        return found.render(values, visitor=visitor, here=here, own_form=lambda: token)

    def _environment(self, language: str) -> Environment:
        return self._environments[language]

    @cached_property
    def _environments(self) -> dict[str, Environment]:
        return {language: self._made(language) for language in LANGUAGES}

    def _made(self, language: str) -> Environment:
        made = environment(language)
        made.globals["asset"] = self.assets.address
        made.filters["when"] = lambda value: when(value, self._zone)
        made.filters["day"] = lambda value: when(value, self._zone, "%Y-%m-%d")
        made.filters["clock"] = lambda value: when(value, self._zone, "%H:%M")
        return made


class Rendering(DependencyProvider):
    """Gives workers the templates, for pages that are rendered once and shown to many."""

    templates = Templates()

    def get_dependency(self, worker_ctx: object) -> Templates:
        """The templates."""
        return self.templates


def environment(language: str) -> Environment:
    """The environment of one language, without what depends on the installation."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=EXTENSIONS,
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals["language"] = language
    made.filters["number"] = number
    said = translations(language).gettext
    made.filters["translated"] = lambda text: said(text) if text else text  # "" is the catalogue's
    return made


def when(value: str | datetime | None, zone: ZoneInfo, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment in the time of the region; a dash for none."""
    if value is None or value == "":
        return NOTHING
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(zone).strftime(form)


def number(value: float | None) -> str:
    """A number with its thousands apart; a dash for none."""
    return NOTHING if value is None else f"{value:,}"
