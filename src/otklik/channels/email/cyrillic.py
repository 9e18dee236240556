"""Which Cyrillic charset are these undeclared bytes written in?  Judged by letters, case and word shape."""

from __future__ import annotations

import math

CHARSETS = ("koi8-r", "windows-1251", "ibm866", "iso8859-5", "mac-cyrillic", "koi8-u")
SAMPLE = 4_000  # bytes looked at: more does not change the verdict
PLAUSIBLE = -4.1  # mean log-probability above which a text reads as a Slavic language; noise lies below -5

# Share of each letter in Russian text, per mille (rounded; ё and the Ukrainian and Bulgarian habits are close enough).
_PER_MILLE = {
    "о": 110, "е": 85, "а": 80, "и": 74, "н": 67, "т": 63, "с": 55, "р": 47, "в": 45, "л": 44, "к": 35, "м": 32,
    "д": 30, "п": 28, "у": 26, "я": 20, "ы": 19, "ь": 17, "г": 17, "з": 16, "б": 16, "ч": 14, "й": 12, "х": 10,
    "ж": 9, "ш": 7, "ю": 6, "ц": 5, "щ": 4, "э": 3, "ф": 3, "ъ": 1, "ё": 1, "і": 4, "ї": 2, "є": 2, "ґ": 0.3,
}  # fmt: skip
_LOG = {letter: math.log(share / 1000) for letter, share in _PER_MILLE.items()}
_RARE = math.log(0.00002)  # a letter of no Slavic mail, a box drawing, a control character
_SHOUT = math.log(0.05)  # a capital inside a word after a small letter
_SOFT_START = math.log(0.01)  # no word begins with these
_NEVER_FIRST = frozenset("ьъы")
_SIGNS = frozenset("№«»–—…“”„’‘·•°§©® \xa0€")


def score(text: str) -> float:
    """Mean log-probability per foreign character that the text is Slavic, higher is better.

    A capital after a small letter, Cyrillic and Latin in one word, and characters that mail does not use weigh
    against it. A text without foreign characters scores negative infinity.
    """
    total, count = 0.0, 0
    before = " "
    for char in text:
        if char < "\x80":
            if char.isalpha() and before.isalpha() and before >= "\x80":
                total += _RARE
                count += 1
            before = char
            continue
        count += 1
        small = char.lower()
        worth = _LOG.get(small)
        if worth is None:
            total += -5.0 if char in _SIGNS else _RARE
        else:
            total += worth
            if before.isalpha() and before < "\x80":
                total += _RARE
            elif char != small and before != before.upper():
                total += _SHOUT
            elif small in _NEVER_FIRST and not before.isalpha():
                total += _SOFT_START
        before = char
    return total / count if count else -math.inf


def guess(data: bytes) -> tuple[str, float]:
    """The likeliest Cyrillic charset of these bytes and its score; ("", -inf) when none can read them."""
    data = data[:SAMPLE]
    best, mark = "", -math.inf
    for charset in CHARSETS:
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        worth = score(text)
        if worth > mark:
            best, mark = charset, worth
    return best, mark
