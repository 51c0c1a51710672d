"""A county that has lived through its published year and two weeks of the next one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from urllib.parse import quote

from services.console.demo import days, plan, published
from services.console.demo.client import ADMINISTRATOR, Api, eventually
from services.console.demo.command import perform
from services.console.demo.county import County
from services.console.demo.edge import Senders
from services.console.demo.narrator import Narrator
from services.console.demo.officers import Desk
from services.console.demo.plot import APPEAL, CLAIM, VERIFY, Act, submit
from services.console.demo.presses import Generator, Press
from services.console.demo.rules import tags
from services.console.pages import Known
from services.console.stack import Stack
from services.contracts.actor import Role
from services.contracts.vocabulary import Channel
from tests.pages.kiosks import Place

CLOSED, LIVE = ("2020-11", "2020-12"), "2021-01"
EARLIER, NOW = days.at(date(2021, 1, 12), 11 * 60), days.at(date(2021, 1, 14), 10 * 60 + 30)
PRESSES, PRESSES_OF_A_YEAR, SEED = 6000, 9000, 20210114
UNIT, OTHERS, KIOSK = "rsj", ("gaj", "swj"), "kiosk-1"
PAUSE = Act(1, 700, "officer", "pause", {"reason": "等群众补交材料（合成）"})
SHOWN = (CLAIM, VERIFY)
LIVES: Sequence[Sequence[Act]] = (
    (),
    (CLAIM,),
    SHOWN,
    (CLAIM, VERIFY, PAUSE),
    (CLAIM, APPEAL),
    (CLAIM, VERIFY, submit(1)),
)
"""What officers have done about each bad press so far."""
WORDS = (
    "等了两个小时，没有人说明原因。（合成）",
    "材料退回三次，每次说法不同。（合成）",
    "窗口中午没有人。（合成）",
)


@dataclass
class Lived:
    """The running county; `tokens` are those of everybody in it."""

    stack: Stack
    county: County
    narrator: Narrator
    chance: Random = field(default_factory=partial(Random, SEED))

    @property
    def tokens(self) -> Mapping[str, str]:
        """Who can sign in, by id."""
        return {**self.county.tokens, ADMINISTRATOR: self.stack.admin_token}

    def live(self) -> Known:
        """Live through all of it; what the addresses of its pages need."""
        channels = published.apportioned(published.weiyuan_channels(), PRESSES)
        year = plan.draw(self.county, tags(), channels)
        perform(self.stack, self.county, year, self.narrator, None)
        with Api(self.stack.url, self.tokens) as api:
            self._publish(api)
            senders, desk, drawn = Senders(api), Desk(api), self._drawn()
            senders.set_clock(EARLIER)
            senders.send([press for press in drawn if press.at < EARLIER])
            told = self._rated_badly(api, desk)
            api.post("system-sms", "capture", "/v1/ratings", self._bad(self._root(), EARLIER))
            senders.set_clock(NOW)
            senders.send([press for press in drawn if EARLIER <= press.at < NOW])
            desk.perform(self._case(desk, self._press(api, UNIT, NOW), NOW), CLAIM)
            return self._known(api, desk, told)

    def _publish(self, api: Api) -> None:
        for month in CLOSED:
            accepted = {"accept": ["quarantine"]}
            api.post(Role.SCORER, "score", f"/v1/months/{month}:close", accepted)
            api.post(Role.SCORER, "score", f"/v1/months/{month}:publish", {})

    def _drawn(self) -> list[Press]:
        """Good presses of the next year, of which only the first days are lived."""
        generator = Generator(self.county, tags(), NOW.year, self.chance)
        channels = (Channel.TERMINAL, Channel.MOBILE, Channel.TABLET, Channel.PC)
        return [generator.ordinary(each) for each in channels for _ in range(PRESSES_OF_A_YEAR)]

    def _rated_badly(self, api: Api, desk: Desk) -> dict[str, Any]:
        """Bad presses at three units, each seen to as far as its officer has come; the receipt and
        the case of the one that is shown.
        """
        shown: dict[str, Any] = {}
        for unit in (UNIT, *OTHERS):
            for acts in LIVES:
                receipt = self._press(api, unit, EARLIER)
                case = self._case(desk, receipt, EARLIER)
                for act in acts:
                    desk.perform(case, act)
                if unit == UNIT and acts is SHOWN:
                    shown = {"receipt": receipt["receipt"]["code"], "case": case}
        return shown

    def _press(self, api: Api, unit: str, at: datetime) -> dict[str, Any]:
        about = {"window": f"{unit}-1", "item": f"{unit}-item-1"}
        taken: dict[str, Any] = api.post(
            "system-tablet", "capture", "/v1/ratings", self._bad(unit, at) | about
        )
        return taken

    def _bad(self, unit: str, at: datetime) -> dict[str, Any]:
        number = self.chance.randrange(10_000)
        bad = [code for code, tag in tags().items() if tag.level == 1 and not tag.retired]
        return {
            "rating_id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "level": 1,
            "channel": "tablet",
            "unit": unit,
            "pressed_at": (at - timedelta(minutes=self.chance.randrange(5, 90))).isoformat(),
            "tags": self.chance.sample(bad, 2),
            "name": f"群众{number:04}（合成）",
            "phone": f"1390000{number:04}",
            "comment": self.chance.choice(WORDS),
        }

    def _case(self, desk: Desk, taken: Mapping[str, Any], at: datetime) -> str:
        return desk.case_of(str(taken["rating_id"]), at.date())

    def _root(self) -> str:
        return next(unit.id for unit in self.county.directory.units if unit.parent is None)

    def _known(self, api: Api, desk: Desk, told: Mapping[str, str]) -> Known:
        rows = api.get(ADMINISTRATOR, "store", "/v1/quarantine?state=open")
        link = {"channel": "sms", "source_system": "portal", "errand_number": "2021-000114"}
        place = {"unit": UNIT, "window": f"{UNIT}-1", "item": f"{UNIT}-item-1"}
        over = {"expires": (NOW + timedelta(days=30)).isoformat()}
        known = {
            **told,
            "row": quote(rows[0]["id"]),
            "link": self._token(api, "links", {**link, **place, **over}),
            "plate": self._token(api, "plates", {"window": f"{UNIT}-1"}),
            "device": Place(self.stack, KIOSK).device,
            "window": f"{UNIT}-1",
            "unit": UNIT,
            "region": self._root(),
            "person": f"officer-{UNIT}",
            "words": quote("登记"),
            "days": f"first={LIVE}-01&last={NOW.date()}",
            "live": LIVE,
            "published": CLOSED[-1],
        }
        eventually(partial(self._is_counted, api), "the last presses to be counted")
        return {name: [value] for name, value in known.items()}

    def _token(self, api: Api, kind: str, asked: Mapping[str, str]) -> str:
        url: str = api.post("system-sms", "capture", f"/v1/{kind}", asked)["url"]
        return url.rpartition("/")[2]

    def _is_counted(self, api: Api) -> bool:
        tallies = api.get(Role.SCORER, "score", f"/v1/tallies?from={LIVE}-01&to={NOW.date()}")
        return bool(tallies["fresh"])
