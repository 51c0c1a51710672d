"""The board as a page that prints well: no script, no outside file, heads on every sheet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

STYLE = """
@page { size: A4 landscape; margin: 12mm }
body { font: 11px/1.4 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #111 }
h1 { font-size: 16px; margin: 0 0 4px } h2 { font-size: 13px; margin: 14px 0 4px }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 12px; margin: 0 0 8px }
dt { font-weight: bold } dd { margin: 0 }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
th { background: #1f4e79; color: #fff; text-align: left } tr { break-inside: avoid }
th, td { border: 1px solid #bfbfbf; padding: 2px 4px; vertical-align: top }
"""


def page(
    title: str,
    caption: Iterable[tuple[str, str]],
    tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]],
) -> str:
    """An HTML page with a caption and some tables, each with its title and heads."""
    told = "".join(f"<dt>{_text(what)}<dd>{_text(which)}" for what, which in caption)
    shown = "".join(_table(*table) for table in tables)
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{_text(title)}</title>'
        f"<style>{STYLE}</style><h1>{_text(title)}</h1><dl>{told}</dl>{shown}</html>"
    )


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{_text(name)}' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}' for cell in row)}" for row in rows)
    return f"<h2>{_text(title)}</h2><table><thead><tr>{head}<tbody>{body}</table>"


def _text(value: object) -> str:
    return escape(str(value))
