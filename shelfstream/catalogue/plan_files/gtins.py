"""GTINs from the numbers that plans hold: often without check digit, without leading zeros, or no GTIN at all."""

import hashlib
import re

from shelfstream.identifiers import check_gtin, gtin_check_digit

_IN_STORE = "2"
_BODY_12, _BODY_13 = 11, 12
_SHORTEST = 5


def gtin_of(*codes: str, name: str = "") -> tuple[str, str]:
    """The 14-digit GTIN that the first usable code means, and how it was come by; empty where it stands as it is.

    Space-planning programs keep UPCs as eleven digits without the check digit, or ten without the number system too;
    spreadsheets on the way take leading zeros. A whole GTIN is tried first: a number that passes its own check is one.
    A code that is no number of that kind gets one for use inside the store, always the same; codes so short that other
    plans use them too are told apart by the product's name.
    """
    digits = [re.sub(r"[\s-]", "", code) for code in codes]
    for number in digits:
        if found := _whole(number):
            return found, ""
    for number in digits:
        if number.isascii() and number.isdigit() and _SHORTEST <= len(number.lstrip("0")) <= _BODY_13:
            body = number.zfill(_BODY_12) if len(number) <= _BODY_12 else number
            whole = f"{body}{gtin_check_digit(body)}"
            return check_gtin(whole), f"{number} was completed to {whole}: it has no check digit of its own"
    code = next((code.strip() for code in codes if code.strip()), "")
    text = code if len(code) >= _SHORTEST else f"{code} {name.strip()}"
    body = f"{_IN_STORE}{int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10**11:011d}"
    whole = f"{body}{gtin_check_digit(body)}"
    return check_gtin(whole), f"{code!r} is no GTIN; {whole}, a number for use inside the store, stands for it"


def _whole(number: str) -> str:
    try:
        return check_gtin(number)
    except ValueError:
        return ""
