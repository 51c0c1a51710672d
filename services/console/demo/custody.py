"""Keys change in the middle of the year, and at its end somebody asks to be forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient

from services.console.demo.client import ADMINISTRATOR, Api, eventually
from services.console.demo.reconcile import Check
from services.contracts.actor import Role

KEYS = "/v1/keys"
KEY_ID = slice(1, 17)
"""Where a ciphertext names the data key that opens it."""
GENERATIONS = 2
WHY = "评价人来信要求（合成）"


@dataclass(frozen=True)
class Custody:
    """How many data keys there are, what is sealed with a former one, and who was forgotten."""

    generations: int
    under_former: int
    forgotten: bool
    named_in_history: bool

    def checks(self) -> Iterator[Check]:
        """Everything is under the new key, and the forgotten leave a press and a line."""
        yield Check("data keys", GENERATIONS, None, self.generations)
        yield Check("sealed with the former key", 0, self.under_former, None)
        forgotten = int(self.forgotten), int(self.named_in_history)
        yield Check("rater forgotten on request", 1, *forgotten)


def rotate(api: Api) -> None:
    """A new data key, while everything goes on."""
    api.post(ADMINISTRATOR, "store", f"{KEYS}:rotate", {})


def begin_resealing(api: Api) -> None:
    """Have everything sealed anew, which goes on by itself."""
    api.post(ADMINISTRATOR, "store", f"{KEYS}:reseal", {})


def settle(api: Api, uri: str, database: str, case: Mapping[str, Any], key: str) -> Custody:
    """Wait until everything is sealed anew, then have the rater of a closed case forgotten.

    `key`: of the rating that the case is about.
    """
    told = eventually(lambda: _resealed(api), "everything to be sealed anew")
    newest = told["keys"][-1]["id"]
    asked = {"command_id": "custody", "case": case["id"], "reason": WHY}
    with MongoClient[dict[str, Any]](uri) as client:
        ratings = client[database]["ratings"]
        sealed = ratings.find({"sealed": {"$ne": None}}, {"sealed": 1})
        former = sum(bytes(each["sealed"])[KEY_ID].hex() != newest for each in sealed)
        api.post(Role.SUPERVISOR, "rectify", "/v1/raters:erase", asked)
        gone = {"_id": key, "sealed": None, "phone_hash": None}
        erased = eventually(lambda: ratings.find_one(gone), "a rater to be forgotten")
    history = api.get(Role.SUPERVISOR, "rectify", f"/v1/cases/{case['id']}")["history"]
    said = [line["details"]["reason"] for line in history if line["move"] == "erase"]
    return Custody(len(told["keys"]), former, erased["level"] == case["level"], said == [WHY])


def _resealed(api: Api) -> Mapping[str, Any] | None:
    told: Mapping[str, Any] = api.get(ADMINISTRATOR, "store", KEYS)
    return told if told["resealing"]["ended_at"] else None
