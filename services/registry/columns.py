"""What stands in a table of the registry: columns by their code and their Chinese heading. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.contracts.directory import Device, Entry, Item, Principal, Unit, Window

HEADINGS = {
    "id": "编号",
    "name": "名称",
    "parent": "上级机构",
    "peers": "同类组",
    "hall": "大厅",
    "unit": "所属机构",
    "window": "窗口",
    "opens": "开放时间",
    "closes": "关闭时间",
    "roles": "角色",
    "mail": "工作邮箱",
    "oidc_subject": "统一认证标识",
    "active_from": "启用日期",
    "active_to": "停用日期",
}
NEEDED = ("id", "name")
CLOCK = frozenset({"opens", "closes"})
DATES = frozenset({"active_from", "active_to"})
Row = Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """One kind of entry: where it stands in the registry, what it is, and two rows to show how.

    `moves`: it may be there in several periods, each told by when it begins.
    """

    kind: str
    field: str
    entry: type[Entry]
    columns: tuple[str, ...]
    examples: tuple[Sequence[str], ...]
    moves: bool = True

    @property
    def needed(self) -> frozenset[str]:
        """The columns without which no row can be read."""
        fields = self.entry.model_fields
        return frozenset(name for name in self.columns if fields[name].is_required())

    @property
    def headings(self) -> list[str]:
        """The header row, in Chinese."""
        return [HEADINGS[name] for name in self.columns]


def _table(kind: str, entry: type[Entry], columns: str, *examples: str, **how: str | bool) -> Table:
    names = (*NEEDED, *columns.split(), "active_from", "active_to")
    rows = tuple(tuple(example.split("|")) for example in examples)
    field = str(how.get("field", kind))
    return Table(kind, field, entry, names, rows, bool(how.get("moves", True)))


TABLES = {
    each.kind: each
    for each in (
        _table(
            "units",
            Unit,
            "parent peers",
            "county|某某县|||2020-01-01|",
            "county-tax|税务局|county|departments|2020-01-01|",
            moves=False,
        ),
        _table(
            "windows",
            Window,
            "hall unit",
            "tax-1|税务局1号窗口|县政务服务大厅|county-tax|2020-01-01|",
            "tax-2|税务局2号窗口|县政务服务大厅|county-tax|2020-01-01|2026-07-01",
        ),
        _table(
            "devices",
            Device,
            "unit window opens closes",
            "tablet-tax-1|评价器|county-tax|tax-1|09:00|17:00||",
            "terminal-tax|自助终端|county-tax||00:00|00:00||",
        ),
        _table(
            "items", Item, "unit", "invoice|发票申领|county-tax||", "deed|契税申报|county-tax||"
        ),
        _table(
            "people",
            Principal,
            "roles unit window mail oidc_subject",
            "li-na|李娜|officer|county-tax||lina@example.gov.cn|||",
            "zhang-wei|张伟|approver;dispatcher|county-tax|||||",
            field="principals",
            moves=False,
        ),
    )
}
