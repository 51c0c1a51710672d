"""Tampering behind the services' back, to show that the reconciliation is not for show."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pymongo import MongoClient


class Sabotage(StrEnum):
    """Lose a stored rating, or have one twice."""

    LOSE = "lose"
    DOUBLE = "double"


def tamper(uri: str, database: str, how: Sabotage) -> str:
    """Do it to one good rating in the database; says which."""
    with MongoClient[dict[str, Any]](uri) as client:
        ratings = client[database]["ratings"]
        rating = ratings.find_one({"level": 5}) or {}
        key = rating["_id"]
        if how is Sabotage.LOSE:
            ratings.delete_one({"_id": key})
        else:
            ratings.insert_one({**rating, "_id": f"{key}-copy"})
    return f"Sabotage: rating {key} was {'deleted' if how is Sabotage.LOSE else 'copied'}."
