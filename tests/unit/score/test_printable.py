"""A page that is printed shows what it was given as it was given."""

from __future__ import annotations

from services.score.printable import page


def test_a_page_has_its_caption_and_tables_and_runs_nothing() -> None:
    rows = [("<script>alert(1)</script>", 9.5), ("税务 & 国土", "—")]
    made = page("综合评分 2026-10", [("规则", "v1")], [("得分", ("机构", "得分"), rows)])
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert "税务 &amp; 国土" in made
    for shown in ("综合评分 2026-10", "<dt>规则<dd>v1", '<th scope="col">机构', "<td>9.5"):
        assert shown in made
