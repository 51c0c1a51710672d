"""The pages of administrators, in a real browser."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from clients.python.haoping_kiosk import Kiosk
from services.console.stack import Stack
from tests import web
from tests.pages.accessible import grave_violations

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
PATIENCE_S = 60.0
PAGES = (
    "/admin/registry",
    "/admin/registry?all=1",
    "/admin/registry/windows/rsj-1",
    "/admin/registry/people/~new",
    "/admin/import/windows",
    "/admin/devices",
    "/admin/devices/tablet-rsj-1",
    "/admin/people",
    "/admin/people/officer-rsj",
    "/admin/roles",
    "/admin/quarantine",
    "/admin/health",
    "/admin/audit",
)
NARROW = 390


def ask(hall: Stack, method: str, service: str, path: str, token: str, **said: Any) -> Any:
    """What a service answers to whoever holds the token."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{hall.url(service)}{path}"
    answer = web.request(method, url, headers=headers, timeout=30, trust_env=False, **said)
    answer.raise_for_status()
    return answer.json()


def registry(hall: Stack) -> Any:
    """The registry in force."""
    return ask(hall, "GET", "registry", "/v1/registry", hall.admin_token)


def status(hall: Stack, token: str) -> int:
    """What somebody who reads the registry is answered."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{hall.url('registry')}/v1/registry"
    return web.get(url, headers=headers, timeout=30, trust_env=False).status_code


def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.5)


def until_shown(page: Page, place: Locator) -> None:
    """Load the page again until it shows something."""

    def shown() -> bool:
        page.reload()
        return place.count() > 0

    until(shown)


def preview(page: Page, text: str, encoding: str = "utf-8") -> None:
    """Choose a table and look at what it would change."""
    file = {"name": "t.csv", "mimeType": "text/csv", "buffer": text.encode(encoding)}
    page.get_by_label("CSV 文件").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="预览").click()


def named_administrator(hall: Stack) -> str:
    """The token of an administrator who is a person."""
    someone = {"id": "an", "name": "安管理", "roles": ["administrator"]}
    ask(hall, "PUT", "registry", "/v1/people/an", hall.admin_token, json=someone)
    token: str = ask(hall, "POST", "registry", "/v1/people/an:token", hall.admin_token)["token"]
    until(lambda: opens(hall, token))
    return token


def opens(hall: Stack, token: str) -> bool:
    """Whether the pages let somebody in; they know of a new token within a second or two."""
    url, said = f"{hall.url('portal')}/signin", {"token": token}
    answer = web.post(url, data=said, timeout=30, trust_env=False)
    return answer.status_code == httpx.codes.SEE_OTHER


def test_a_table_with_two_wrong_rows_names_them_and_changes_nothing_until_it_is_mended(
    visit: Visit, hall: Stack
) -> None:
    before = registry(hall)
    page = visit("/admin/import/windows", hall.admin_token)
    head = "编号,名称,大厅,所属机构,启用日期\nadm-1,甲窗口,县政务服务大厅,rsj,2020-01-01\n"
    preview(page, f"{head}adm-2,,大厅,rsj,明天\nadm-3,丙,大厅,gone,\n", "gbk")
    rows = page.locator("#mistakes tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("“明天”不是日期")
    expect(rows.nth(1)).to_contain_text("登记册里没有“gone”")
    expect(rows.get_by_role("cell", name="4", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="确认生效")).to_have_count(0)
    assert grave_violations(page) == []
    assert registry(hall) == before
    picture(page, "preview-wrong", "1440")

    page.get_by_role("link", name="重新选择文件").click()
    preview(page, f"{head}adm-2,乙窗口,县政务服务大厅,rsj,\n")
    expect(page.get_by_role("cell", name="甲窗口")).to_be_visible()
    assert grave_violations(page) == []
    page.get_by_role("button", name="确认生效").click()
    expect(page.get_by_role("status")).to_contain_text("2 条")
    page.goto("/admin/registry?q=adm-1")
    expect(page.get_by_role("link", name="甲窗口")).to_be_visible()
    page.goto("/admin/registry?q=adm-1&at=2019-12-31")
    expect(page.get_by_text("没有找到")).to_be_visible()


def test_a_table_that_somebody_overtook_is_looked_at_again(visit: Visit, hall: Stack) -> None:
    page = visit("/admin/import/items", hall.admin_token)
    preview(page, "id,name,unit\nadm-item,新事项,rsj\n")
    directory = registry(hall)
    ask(hall, "PUT", "registry", "/v1/registry", hall.admin_token, json=directory)
    page.get_by_role("button", name="确认生效").click()
    expect(page.get_by_role("alert")).to_contain_text("别人刚刚改过登记册")
    page.get_by_role("button", name="确认生效").click()
    expect(page.get_by_role("status")).to_contain_text("1 条")


def test_of_two_who_change_an_entry_the_second_keeps_what_was_typed(
    visit: Visit, hall: Stack
) -> None:
    second = visit("/admin/registry/windows/rsj-2", hall.admin_token)
    first = visit("/admin/registry/windows/rsj-2", hall.admin_token)
    first.get_by_label("名称").fill("人社局二号窗口")
    first.get_by_role("button", name="保存").click()
    expect(first.get_by_role("status")).to_contain_text("已保存")
    second.get_by_label("名称").fill("社保窗口")
    second.get_by_role("button", name="保存").click()
    expect(second.get_by_role("alert")).to_contain_text(
        "现在是“人社局二号窗口”，您填的是“社保窗口”"
    )
    expect(second.get_by_label("名称")).to_have_value("社保窗口")
    assert grave_violations(second) == []
    picture(second, "conflict", "1440")
    second.get_by_role("button", name="保存").click()
    expect(second.get_by_role("status")).to_contain_text("已保存")


def test_what_would_not_hold_together_is_said_and_kept_in_the_form(
    visit: Visit, hall: Stack
) -> None:
    page = visit("/admin/registry/windows/rsj-3", hall.admin_token)
    page.get_by_label("启用日期").fill("2026-05-01")
    page.get_by_label("停用日期").fill("2026-04-01")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("ends before it begins")
    expect(page.get_by_label("停用日期")).to_have_value("2026-04-01")


def test_a_device_is_registered_enrolled_with_its_code_and_heard_of(
    visit: Visit, hall: Stack, tmp_path: Path
) -> None:
    page = visit("/admin/devices", hall.admin_token)
    page.get_by_role("link", name="登记新设备").click()
    page.get_by_label("编号").fill("adm-tablet")
    page.get_by_label("名称").fill("新评价器")
    page.get_by_label("所属机构").select_option("rsj")
    page.get_by_label("窗口").select_option("rsj-1")
    page.get_by_role("button", name="保存").click()
    page.goto("/admin/devices/adm-tablet")
    page.get_by_role("button", name="发登记码").click()
    code = page.locator("#code").inner_text()
    expect(page.get_by_role("img", name="二维码")).to_be_visible()
    expect(page.get_by_role("link", name="/kiosk/adm-tablet")).to_be_visible()
    assert grave_violations(page) == []
    picture(page, "device-code", "1440")
    page.goto("/admin/devices/adm-tablet")
    expect(page.get_by_text(code)).to_have_count(0)
    with web.Client(timeout=30, trust_env=False) as http:
        kiosk = Kiosk(str(tmp_path / "kiosk.db"), hall.url("portal"), http, time.time)
        kiosk.enrol(code)
        with pytest.raises(httpx.HTTPStatusError):
            Kiosk(str(tmp_path / "other.db"), hall.url("portal"), http, time.time).enrol(code)
        kiosk.heartbeat()
        for _ in range(3):
            kiosk.press(5, "tablet")
        kiosk.flush()
    page.goto("/admin/devices?q=adm-tablet")
    row = page.get_by_role("row", name=re.compile("新评价器"))
    expect(row).to_contain_text("已上线")
    expect(row).to_contain_text(re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d"))
    page.get_by_role("link", name="新评价器").click()
    until_shown(page, page.get_by_text("3（1–3）"))
    picture(page, "device-heard", "1440")
    page.get_by_text("收回密钥").click()
    page.get_by_role("button", name="收回全部密钥").click()
    expect(page.get_by_role("status")).to_contain_text("重新登记")


def test_a_new_person_gets_a_token_that_works_until_it_is_revoked(
    visit: Visit, hall: Stack
) -> None:
    page = visit("/admin/people", hall.admin_token)
    page.get_by_role("link", name="登记新人员").click()
    page.get_by_label("编号").fill("adm-li")
    page.get_by_label("名称").fill("李娜")
    page.get_by_label("派单员").check()
    page.get_by_label("所属机构").select_option("weiyuan")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="发放令牌").click()
    token = page.locator("#token").inner_text()
    assert grave_violations(page) == []
    picture(page, "person-token", "1440")
    until(lambda: opens(hall, token))
    expect(visit("/", token).get_by_text("李娜")).to_be_visible()

    page.get_by_role("button", name="换一个新令牌").click()
    expect(page.locator("#token")).not_to_have_text(token)
    another = page.locator("#token").inner_text()
    until(lambda: (status(hall, token), status(hall, another)) == (401, 200))

    page.get_by_text("收回令牌").first.click()
    page.get_by_role("button", name="收回令牌").click()
    expect(page.get_by_role("status")).to_contain_text("令牌已收回")
    until(lambda: status(hall, another) == 401)


def test_putting_back_the_registry_as_it_was_read_ends_nobodys_token(
    hall: Stack, tokens: dict[str, str]
) -> None:
    ask(hall, "PUT", "registry", "/v1/registry", hall.admin_token, json=registry(hall))
    time_of_change = time.monotonic()
    until(lambda: time.monotonic() > time_of_change + 2)
    assert [status(hall, tokens[name]) for name in ("dispatcher", "scorer")] == [200, 200]


def test_a_press_for_an_unknown_window_waits_until_the_window_is_there(
    visit: Visit, hall: Stack, tokens: dict[str, str]
) -> None:
    press(hall, tokens, "adm-lost")
    page = visit("/admin/quarantine?reason=unknown_window", hall.admin_token)
    until_shown(page, page.get_by_text("window adm-lost is not in the registry"))
    assert grave_violations(page) == []
    page.get_by_role("row", name=re.compile("adm-lost")).get_by_role("link").click()
    expect(page.get_by_role("button", name="重放这一条")).to_be_visible()
    assert grave_violations(page) == []
    picture(page, "row", "1440")
    address = page.url

    page.goto("/admin/registry/windows/~new?unit=rsj")
    page.get_by_label("编号").fill("adm-lost")
    page.get_by_label("名称").fill("迟到的窗口")
    page.get_by_label("大厅").fill("县政务服务大厅")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已保存")

    page.goto(address)
    with page.expect_navigation():
        page.get_by_role("button", name="重放这一条").click()
    until_shown(page, page.locator("h1 .tag.good", has_text="已入库"))


def test_all_of_a_reason_are_replayed_and_one_is_discarded_by_name(
    visit: Visit, hall: Stack, tokens: dict[str, str]
) -> None:
    id = press(hall, tokens, "adm-nowhere")
    page = visit("/admin/quarantine?reason=unknown_window", hall.admin_token)
    until_shown(page, page.get_by_text("window adm-nowhere is not in the registry"))
    page.get_by_role("button", name="全部重放").click()
    expect(page.get_by_role("status")).to_contain_text("已重放")
    page.goto(f"/admin/quarantine/row?key={id}")
    until_shown(page, page.locator("h1 .tag.warn", has_text="待处理"))
    discard(page)
    expect(page.get_by_role("alert")).to_contain_text("named person")
    expect(page.get_by_label("理由")).to_have_value("窗口已拆除")

    named = visit(f"/admin/quarantine/row?key={id}", named_administrator(hall))
    discard(named)
    expect(named.get_by_text("已弃置", exact=True)).to_be_visible()
    expect(named.get_by_text("窗口已拆除")).to_be_visible()


def test_a_service_that_stopped_is_told(visit: Visit, hall: Stack) -> None:
    page = visit("/admin/health", hall.admin_token)
    expect(page.get_by_role("status")).to_contain_text("所有服务都有回应")
    expect(page.get_by_text("试用：内置数据库")).to_be_visible()
    expect(page.get_by_text("weiyuan v")).to_be_visible()
    with stopped(hall, "score"):
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text("考核")
        expect(page.locator("[data-service=score]")).to_contain_text("没有回应")
        assert grave_violations(page) == []


def test_only_administrators_change_anything_and_others_read_what_they_may(
    visit: Visit, hall: Stack, tokens: dict[str, str]
) -> None:
    officer = visit("/admin", tokens["officer-rsj"])
    expect(officer.get_by_role("heading", level=1)).to_have_text("您没有做这件事的权限")
    dispatcher = visit("/admin", tokens["dispatcher"])
    expect(dispatcher.get_by_role("heading", name="登记册")).to_be_visible()
    expect(dispatcher.get_by_text("新增", exact=True)).to_have_count(0)
    dispatcher.goto("/admin/registry/windows/rsj-1")
    expect(dispatcher.get_by_role("button", name="保存")).to_have_count(0)
    for refused in ("/admin/devices", "/admin/import/units", "/admin/quarantine", "/admin/health"):
        answer = dispatcher.goto(refused)
        assert answer is not None
        assert answer.status == 403
    supervisor = visit("/admin", tokens["supervisor"])
    expect(supervisor.get_by_role("heading", name="待处理数据", exact=True)).to_be_visible()
    expect(supervisor.get_by_role("button", name="全部重放")).to_have_count(0)
    nobody = visit("/admin")
    expect(nobody).to_have_url(re.compile("/signin"))


def test_every_page_can_be_read_by_everybody_and_fits_a_phone(visit: Visit, hall: Stack) -> None:
    page = visit("/admin", hall.admin_token)
    wrong: dict[str, Any] = {}
    for path in PAGES:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        wrong[path] = grave_violations(page)
        picture(page, path, "1440")
        page.set_viewport_size({"width": NARROW, "height": 844})
        wrong[path] += [too_wide] if (too_wide := overhang(page)) else []
        picture(page, path, "390")
    assert wrong == {path: [] for path in PAGES}


def test_the_pages_of_administrators_can_be_read_in_english(visit: Visit, hall: Stack) -> None:
    page = visit("/admin/registry", hall.admin_token)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Registry")
    expect(page.get_by_text("units below")).to_be_visible()


def press(hall: Stack, tokens: dict[str, str], window: str) -> str:
    """The id of a press that the edge has taken."""
    id = str(uuid.uuid4())
    pressed_at = datetime.now(UTC).isoformat()
    said = {"rating_id": id, "level": 5, "channel": "tablet", "window": window}
    token = tokens["system-tablet"]
    ask(hall, "POST", "capture", "/v1/ratings", token, json=said | {"pressed_at": pressed_at})
    return id


def discard(page: Page) -> None:
    """Say that nothing is to be done."""
    page.get_by_label("理由").fill("窗口已拆除")
    page.get_by_role("button", name="弃置").click()


@contextmanager
def stopped(hall: Stack, service: str) -> Iterator[None]:
    """A service that is stopped for a while."""
    supervisor = hall._supervisor
    supervisor.stop_program(service)
    try:
        yield
    finally:
        supervisor.start_program(service)
        hall.wait_for(service)


def overhang(page: Page) -> str:
    """How far the page reaches beyond a narrow screen."""
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return f"{width} px wide" if width > NARROW else ""


def picture(page: Page, path: str, width: str) -> None:
    """Keep a picture where pictures are looked at."""
    folder = Path("/tmp/shots")
    if folder.exists():
        name = re.sub(r"\W+", "-", path.removeprefix("/admin/"))
        page.screenshot(path=folder / f"admin-{name}-{width}.png", full_page=True)
