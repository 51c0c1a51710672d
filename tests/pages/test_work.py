"""The workbench in a real browser: a case from claim to closed, and nothing typed is ever lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from services.console.stack import Stack
from tests.pages.accessible import grave_violations
from tests.pages.cases import PNG, Cases

pytestmark = pytest.mark.browser

NAMED = {"name": "王小明", "phone": "13800001234", "comment": "窗口让我跑了三趟，电话13800001234"}
PICTURE: FilePayload = {"name": "整改.png", "mimeType": "image/png", "buffer": PNG}
Visit = Callable[..., Page]
Claimed = tuple[str, Page]


@pytest.fixture(scope="session")
def cases(hall: Stack, tokens: dict[str, str]) -> Cases:
    """The cases of the hall."""
    return Cases(hall, tokens)


def form(page: Page, move: str) -> Locator:
    """The form of a move, opened, on a page that has all it needs."""
    page.wait_for_load_state()
    found = page.locator(f"#move-{move}")
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found.locator("form")


def did(page: Page, what: str) -> None:
    """The page says that it was done."""
    expect(page.get_by_role("status").filter(has_text=f"已完成：{what}")).to_be_visible()
    page.wait_for_load_state()


def at(id: str) -> str:
    """The address of a case."""
    return quote(f"/work/cases/{id}")


@pytest.fixture
def claimed(visit: Visit, cases: Cases, tokens: dict[str, str]) -> Claimed:
    """A case that its officer has claimed, and the page on which they work on it."""
    id = cases.open("gaj")
    cases.move("officer-gaj", id, "claim")
    return id, visit(at(id), tokens["officer-gaj"])


def test_an_officer_works_a_case_from_claim_to_closed(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open(**NAMED)
    page = visit("/work?tab=unit", tokens["officer-rsj"])
    page.locator("#q").fill(id)
    page.get_by_role("button", name="查找").click()
    expect(page).to_have_url(re.compile(f"/work/cases/{id}$"))
    expect(page.locator(".comment")).to_have_text("窗口让我跑了三趟，电话138****1234")
    form(page, "claim").locator("button").click()
    did(page, "认领")
    verify = form(page, "verify")
    verify.get_by_label("联系到了").check()
    verify.get_by_label("核实情况").fill("确实跑了三趟")
    verify.locator("button").click()
    did(page, "核实属实")
    submit = form(page, "submit")
    submit.get_by_label("整改措施与答复").fill("一次性告知单已上墙，并当面致歉")
    submit.locator("input[type=file]").set_input_files([PICTURE])
    submit.locator("button").click()
    did(page, "提交整改")
    expect(page.get_by_role("link", name="整改.png")).to_be_visible()
    expect(page.get_by_text("现在轮到别人：待回访")).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("link", name="整改.png").click()
    assert Path(file.value.path()).read_bytes() == PNG

    caller = visit("/work", tokens["caller"])
    caller.goto(f"/work/cases/{id}")
    call = form(caller, "callback")
    call.get_by_label("联系不上").check()
    call.locator("button").click()
    did(caller, "回访")
    expect(caller.get_by_text("已回访 1 次").first).to_be_visible()
    call = form(caller, "callback")
    call.get_by_label("满意", exact=True).check()
    call.locator("button").click()
    expect(caller.locator(".casehead").get_by_text("回访满意")).to_be_visible()
    moves = "open dispatch claim verify attach submit callback callback".split()
    assert cases.moves(id) == moves
    assert cases.read(id)["history"][-3]["details"]["evidence"]


def test_two_officers_conflict_and_nothing_typed_is_lost(claimed: Claimed, cases: Cases) -> None:
    id, page = claimed
    verify = form(page, "verify")
    verify.get_by_label("核实情况").fill("已经看过监控，情况属实")
    verify.get_by_label("复杂").check()
    cases.move("supervisor", id, "supervise", reason="媒体关注")
    verify.locator("button").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("工单有了变化")
    expect(alert).to_contain_text("县督办人")
    expect(alert).to_contain_text("媒体关注")
    verify = form(page, "verify")
    expect(verify.get_by_label("核实情况")).to_have_value("已经看过监控，情况属实")
    expect(verify.get_by_label("复杂")).to_be_checked()
    verify.locator("button").click()
    did(page, "核实属实")
    assert cases.read(id)["difficulty"] == "complex"


def test_what_was_typed_for_a_move_that_is_no_longer_possible_can_be_copied(
    claimed: Claimed, cases: Cases
) -> None:
    id, page = claimed
    form(page, "return").get_by_label("理由").fill("属于税务局")
    cases.move("officer-gaj", id, "verify")
    form(page, "return").locator("button").click()
    expect(page.get_by_text("可以复制")).to_be_visible()
    expect(page.locator(".kept").get_by_label("理由")).to_have_value("属于税务局")


def test_a_refused_file_and_an_empty_field_leave_every_word_in_its_place(
    claimed: Claimed, cases: Cases
) -> None:
    id, page = claimed
    appeal = form(page, "appeal")
    appeal.get_by_label("理由").fill("评价的不是本窗口")
    appeal.locator("button").click()
    expect(page.get_by_text("这一项必须填写")).to_be_visible()
    appeal = form(page, "appeal")
    expect(appeal.get_by_label("理由")).to_have_value("评价的不是本窗口")
    text: FilePayload = {"name": "证据.txt", "mimeType": "text/plain", "buffer": b"hello"}
    appeal.locator("input[type=file]").set_input_files([PICTURE, text])
    appeal.locator("button").click()
    expect(page.get_by_text("这一项有问题")).to_be_visible()
    appeal = form(page, "appeal")
    expect(appeal.get_by_label("理由")).to_have_value("评价的不是本窗口")
    appeal.get_by_label("整改.png").check()
    appeal.locator("button").click()
    did(page, "提出申诉")
    assert cases.read(id)["state"] == "appeal_review"
    assert len(cases.read(id)["files"]) == 1


def test_files_that_are_too_large_together_are_told_of_before_anything_is_sent(
    claimed: Claimed, cases: Cases
) -> None:
    """Each fits, but a form with both would be refused as a whole, with a page of its own."""
    id, page = claimed
    appeal = form(page, "appeal")
    appeal.get_by_label("理由").fill("评价的不是本窗口")
    large: list[FilePayload] = [
        {"name": f"{name}.png", "mimeType": "image/png", "buffer": PNG + bytes([6]) * 6 * 1024**2}
        for name in ("现场", "记录")
    ]
    appeal.locator("input[type=file]").set_input_files(large)
    appeal.locator("button").click()
    told = appeal.locator("input[type=file]").evaluate("each => each.validationMessage")
    assert "合计超过 10 MB" in told
    expect(page).to_have_url(re.compile(f"{id}$"))
    appeal.locator("input[type=file]").set_input_files(large[:1])
    appeal.locator("button").click()
    did(page, "提出申诉")
    assert [file["name"] for file in cases.read(id)["files"]] == ["现场.png"]


def test_a_draft_survives_leaving_the_page_and_is_gone_once_it_was_sent(claimed: Claimed) -> None:
    id, page = claimed
    form(page, "verify").get_by_label("核实情况").fill("写到一半")
    page.goto("/work")
    page.goto(f"/work/cases/{id}")
    expect(form(page, "verify").get_by_label("核实情况")).to_have_value("写到一半")
    expect(page.get_by_text("已恢复您上次没有提交的内容").first).to_be_visible()
    form(page, "verify").locator("button").click()
    did(page, "核实属实")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes('/verify'))") == []


def test_words_typed_before_the_script_has_come_are_kept_too(claimed: Claimed) -> None:
    id, page = claimed
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/drafts.js*", hold)
    with page.expect_request("**/drafts.js*"):
        page.goto(f"/work/cases/{id}", wait_until="commit")
    page.locator("#move-verify form").get_by_label("核实情况").fill("网络很慢")
    for each in waiting:
        each.continue_()
    page.wait_for_load_state()
    page.unroute("**/drafts.js*")
    page.goto(f"/work/cases/{id}")
    expect(form(page, "verify").get_by_label("核实情况")).to_have_value("网络很慢")


def test_a_session_that_ended_costs_nothing_that_was_typed(
    claimed: Claimed, tokens: dict[str, str]
) -> None:
    id, page = claimed
    form(page, "verify").get_by_label("核实情况").fill("写了很久")
    page.context.clear_cookies()
    form(page, "verify").locator("button").click()
    page.get_by_label("个人令牌").fill(tokens["officer-gaj"])
    page.get_by_role("button", name="用令牌进入").click()
    expect(page).to_have_url(re.compile(f"/work/cases/{id}$"))
    expect(form(page, "verify").get_by_label("核实情况")).to_have_value("写了很久")


def test_a_form_sent_twice_is_carried_out_once(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open("gaj")
    page = visit(at(id), tokens["officer-gaj"])
    send = """form => Promise.all([1, 2].map(() => fetch(form.action, {
        method: "POST", body: new FormData(form), redirect: "manual" }).then(r => r.type)))"""
    answers = page.locator("#move-claim form").evaluate(send)
    assert answers == ["opaqueredirect", "opaqueredirect"]
    assert cases.moves(id).count("claim") == 1


def test_the_reason_of_a_deadline_is_one_click_away(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open("gaj")
    page = visit(at(id), tokens["officer-gaj"])
    page.get_by_role("link", name="为什么是这个期限").click()
    clock = page.locator(".clock").filter(has_text="整改期限")
    expect(clock).to_contain_text("共 15 个工作日")
    expect(clock.locator("tr.counted")).to_have_count(15)
    expect(clock.get_by_text("起算当日，不计入")).to_be_visible()
    expect(clock.get_by_text("周末").first).to_be_visible()
    assert grave_violations(page) == []


def test_who_the_rater_is_is_shown_for_a_reason_for_a_while_and_recorded(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open(**NAMED)
    page = visit(at(id), tokens["officer-rsj"])
    rater = page.locator("#rater")
    expect(rater).to_contain_text("138****1234")
    expect(page.get_by_text("查看完整信息")).to_have_count(0)
    form(page, "claim").locator("button").click()
    did(page, "认领")
    assert "王小明" not in page.content()
    page.clock.install()
    page.get_by_text("查看完整信息").click()
    page.get_by_label("查看理由").fill("需要打电话致歉")
    page.get_by_role("button", name="限时显示").click()
    expect(rater).to_contain_text("王小明")
    expect(rater).to_contain_text("13800001234")
    expect(page.get_by_text("已被查看 1 次")).to_be_visible()
    page.clock.fast_forward(61_000)
    expect(rater).to_contain_text("王**")
    assert "王小明" not in page.content()
    line = cases.read(id)["history"][-1]
    assert (line["move"], line["by"], line["details"]["reason"]) == (
        "reveal",
        "officer-rsj",
        "需要打电话致歉",
    )
    expect(page.locator(".timeline").get_by_text("需要打电话致歉")).to_be_visible()


def test_whoever_need_not_know_the_rater_cannot_ask(
    visit: Visit, cases: Cases, tokens: dict[str, str]
) -> None:
    id = cases.open(**NAMED)
    cases.move("officer-rsj", id, "claim")
    asked = {"command_id": "1", "reason": "curious"}
    for who, status in (("approver-rsj", 403), ("caller", 403), ("officer-gaj", 404)):
        assert cases.ask(who, "POST", f"/v1/cases/{id}/reveal", json=asked).status_code == status
    page = visit(at(id), tokens["approver-rsj"])
    expect(page.locator("#rater")).to_contain_text("王**")
    expect(page.get_by_text("查看完整信息")).to_have_count(0)
    assert "reveal" not in cases.moves(id)


def test_a_comment_with_html_stays_text(visit: Visit, cases: Cases, tokens: dict[str, str]) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    id = cases.open(comment=evil)
    page = visit(at(id), tokens["officer-rsj"])
    expect(page.locator(".comment")).to_have_text(evil)
    assert "owned" not in page.title()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_case_is_usable_at_every_width_and_by_everybody(
    visit: Visit, cases: Cases, tokens: dict[str, str], width: int
) -> None:
    id = cases.open(**NAMED, tags=["108", "110"])
    cases.move("officer-rsj", id, "claim")
    page = visit(at(id), tokens["officer-rsj"], width)
    form(page, "appeal")
    assert grave_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto("/language/en?next=/work")
    page.goto(f"/work/cases/{id}")
    expect(page.get_by_role("heading", name="What can be done now")).to_be_visible()
