"""The English of the portal's Chinese texts: every `.po` file of its `locale` folder in one."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from services.adapters.pages.visitor import CHINESE, ENGLISH
from services.adapters.settings import ROOT

LOCALE = ROOT / "services" / "portal" / "locale"


@cache
def translations(language: str) -> NullTranslations:
    """How Chinese texts read in `language`; a text without a translation stays as it is."""
    if language == CHINESE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalog(LOCALE / language))
    compiled.seek(0)
    return Translations(compiled)


def catalog(folder: Path) -> Catalog:
    """All texts of a folder together."""
    whole = Catalog(locale=ENGLISH)
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=ENGLISH):
                if message.id:
                    whole.add(message.id, message.string, context=message.context)
    return whole
