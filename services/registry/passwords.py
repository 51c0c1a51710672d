"""What a password has to be, and how names are compared at sign-in. Pure.

Sources. NIST SP 800-63B: at least 8 characters, every character allowed, no rules on which kinds to
mix, no change by the calendar, and none that is expected or commonly used (§3.1.1 of revision 4,
§5.1.1.2 of 3). GB/T 22239-2019 (等保), 7.1.4.1 and 8.1.4.1 身份鉴别, asks for complexity and for a
change at intervals. We ask for 12 characters, 6 of them different, and refuse what is guessed
first: that is the complexity. Change at intervals is off unless HAOPING_PASSWORD_DAYS sets it, for
installations whose assessors insist: people who have to change count up (NIST, same section).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator

from services.registry.enrolment import readable_code

SHORTEST, LONGEST = 12, 256
"""Characters. The upper bound keeps hashing from becoming a way to tire the service out."""
FEWEST_DIFFERENT = 6
TOLD_APART, TOLD_APART_CHINESE = 3, 2
"""A name or id of fewer characters may stand in a password: it would else forbid too many."""
ORIGINAL = 5
"""So many characters must be left once everything is taken out that is guessed first."""
ONE_TIME_BYTES = 10
_BARE = re.compile(r"[\W_]+")
MOST_USED = tuple(
    sorted(
        """
        password passw0rd p4ssword pass word admin administrator root guest user test login welcome
        letmein master secret default changeme change iloveyou sunshine princess football baseball
        dragon monkey shadow superman batman trustno starwars whatever freedom computer internet
        samsung michael charlie jordan hello qwertyuiop qwerty qwer asdfghjkl asdfgh asdf zxcvbnm
        zxcvbn zxcv 1qaz2wsx3edc 1qaz2wsx 1qaz 2wsx 3edc qazwsxedc qazwsx 1q2w3e4r5t 1q2w3e4r 1q2w3e
        q1w2e3r4 abcdefgh abcdef abcd1234 abc123 abc a1b2c3d4 a1b2c3 aa123456 123qwe qwe123 qwe asd
        1234567890 123456789 12345678 1234567 123456 12345 1234 123 0987654321 987654321 87654321
        7654321 654321 4321 321 0123456789 112233445566 11223344 112233 123123 321321 123321 1314520
        5201314 520520 1314 666666 888888 168168 woaini woaiwojia nihao mima zhongguo beijing
        shanghai china zhengfu zhengwu zwfw haoping haochaping huawei
        2018 2019 2020 2021 2022 2023 2024 2025 2026 2027 2028
        密码 管理员 中国 政务 好评 我爱你 你好
        """.split(),
        key=len,
        reverse=True,
    )
)
"""What heads lists of leaked passwords, keyboard walks, Chinese favourites, and our own name."""


def normalised(text: str) -> str:
    """A password as it is hashed (NFKC): the same keys give the same text on every device."""
    return unicodedata.normalize("NFKC", text)


def signing_name(text: str) -> str:
    """A name as it is looked up: letter case, full width and spaces around it do not matter."""
    return normalised(text).strip().casefold()


def weaknesses(password: str, id: str, name: str) -> Iterator[str]:
    """What is wrong with a password for this person, a sentence each."""
    text = normalised(password)
    if len(text) < SHORTEST:
        yield f"at least {SHORTEST} characters"
    if len(text) > LONGEST:
        yield f"at most {LONGEST} characters"
    if len(set(text)) < FEWEST_DIFFERENT:
        yield f"at least {FEWEST_DIFFERENT} different characters"
    if any(_holds(text, each) for each in (id, name)):
        yield "must not contain your name or id"
    if len(text) >= SHORTEST and is_guessed_first(text):
        yield "is made of what is guessed first; take a few words that only you put together"


def is_guessed_first(password: str) -> bool:
    """Whether little is left of it without the most used passwords and signs between them."""
    left = _BARE.sub("", password.casefold())
    for each in MOST_USED:
        left = left.replace(each, "")
    return len(set(left)) < ORIGINAL


def one_time_password() -> str:
    """80 random bits that can be read out and typed, in groups of four."""
    return readable_code(secrets.token_bytes(ONE_TIME_BYTES))


def _holds(password: str, word: str) -> bool:
    bare = signing_name(word)
    fewest = TOLD_APART if bare.isascii() else TOLD_APART_CHINESE
    return len(bare) >= fewest and bare in password.casefold()
