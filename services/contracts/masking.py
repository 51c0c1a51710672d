"""What is personal, made so that it can be told apart but not known. Pure.

What people read is masked widely: any number of six digits, however it is written, any address of
a house or of mail. A log is full of honest numbers, so there only what can be nothing else is
masked: mobile telephones, certificates (GB 11643) and bank cards whose check digits fit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

HEAD, TAIL = 3, 4
STAR = "*"
SPOKEN = dict(
    zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True)
)
_DIGIT = rf"[\d{''.join(SPOKEN)}①-⑨]"
_BETWEEN = r"[^\w\n\u4e00-\u9fff]{0,3}_?"
NUMBER = re.compile(rf"[+＋]?{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{5,}}(?:{_BETWEEN}[xXｘＸ])?")
"""Six digits and more: a telephone, a certificate, an account, or a number of an errand."""
MAIL = re.compile(r"([\w.+-])[\w.+-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_STREET = "大道|街道|路|街|巷|弄|胡同|村|镇|乡|小区|花园|苑|社区|大厦|公寓|宿舍"
_HOUSE = "号院|号楼|号|弄|栋|幢|座|单元|室|房|组|楼|层|户"
_PART = rf"(?:{_DIGIT}|[十百A-Za-z甲乙丙丁东西南北-]){{1,8}}\s?(?:{_HOUSE})"
ADDRESS = re.compile(
    rf"[\u4e00-\u9fff]{{0,2}}({_STREET})[^，。；！？,;!?\n]{{0,8}}?(?:{_PART}\s?){{1,6}}(?![窗柜线])"
)
MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![0-9A-Za-z])")
CERTIFICATE = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
CARD = re.compile(r"(?<![0-9A-Za-z])\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,3})?(?![0-9A-Za-z])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
CARD_DIGITS = range(16, 20)


def masked_name(name: str) -> str:
    """The first letter, and as many stars as letters follow."""
    return name[:1] + STAR * max(1, len(name) - 1)


def masked_number(number: str) -> str:
    """The first three and the last four places of a long one; of a short one the last two.

    How long it is, its digits and letters say, whatever parts them.
    """
    if sum(map(str.isalnum, number)) < HEAD + TAIL + HEAD:
        return STAR * max(1, len(number) - 2) + number[-2:]
    return number[:HEAD] + STAR * (len(number) - HEAD - TAIL) + number[-TAIL:]


def masked_address(address: str) -> str:
    """The first three letters: the province or the city."""
    return address[:HEAD] + STAR * max(1, len(address) - HEAD)


def masked_text(text: str, known: Mapping[str, str]) -> str:
    """What somebody wrote, without what they gave about themselves (`known`, by field), and
    without any other long number or address.
    """
    for field, value in known.items():
        mask = MASKS.get(field, masked_number)(value).replace("\\", "\\\\")
        text = _spaced(value).sub(mask, text)
    text = MAIL.sub(rf"\1{STAR * 3}@{STAR * 3}", text)
    text = ADDRESS.sub(rf"{STAR * 2}\1{STAR * 3}", text)
    return NUMBER.sub(lambda found: masked_number(found.group()), text)


def redacted(line: str) -> str:
    """A line of a log without the numbers that can be nothing but somebody's."""
    line = MOBILE.sub(lambda found: masked_number(found.group()), line)
    line = CERTIFICATE.sub(lambda found: _masked_if(is_certificate, found.group()), line)
    return CARD.sub(lambda found: _masked_if(is_card, found.group()), line)


def is_certificate(text: str) -> bool:
    """Whether 18 places are a citizen's number: the last one follows from the others (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False))
    return CHECK_DIGITS[total % 11] == text[-1].upper()


def is_card(text: str) -> bool:
    """Whether it is as long as the number of a bank card, and Luhn's sum fits (ISO/IEC 7812-1)."""
    digits = [int(each) for each in text if each.isdigit()][::-1]
    doubled = sum(sum(divmod(2 * each, 10)) for each in digits[1::2])
    return len(digits) in CARD_DIGITS and (sum(digits[::2]) + doubled) % 10 == 0


def digits_of(text: str) -> str:
    """The digits in a text, in whichever script they are written, as plain ones."""
    return "".join(map(_digit, text))


@lru_cache(maxsize=4096)
def _digit(letter: str) -> str:
    return SPOKEN.get(letter) or str(unicodedata.digit(letter, ""))


MASKS = {"name": masked_name, "address": masked_address}


def _spaced(value: str) -> re.Pattern[str]:
    """What was given, also with blanks between its letters."""
    return re.compile(r"\s*".join(re.escape(letter) for letter in value if not letter.isspace()))


def _masked_if(fits: Callable[[str], bool], found: str) -> str:
    return masked_number(found) if fits(found) else found
