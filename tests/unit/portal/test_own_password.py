"""What the registry finds wrong with a password has words on the page."""

from __future__ import annotations

import pytest

from services.portal.ownpassword import SAYS
from services.registry.passwords import weaknesses
from services.registry.signing import SAME


def test_every_weakness_but_that_of_being_guessed_first_has_words_of_its_own() -> None:
    found = {
        each
        for password in ("li-na", "x" * 257, "password123456")
        for each in weaknesses(password, "li-na", "李娜")
    }
    assert {SAME} | {each for each in found if "guessed first" not in each} == SAYS.keys()


@pytest.mark.parametrize("password", ["korrekt pferd batterie"])
def test_a_good_password_has_no_weakness(password: str) -> None:
    assert not list(weaknesses(password, "li-na", "李娜"))
