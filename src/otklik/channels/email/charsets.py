"""Bytes to text whatever the letter claims: declared charsets, wrong ones, and none at all."""

from __future__ import annotations

import codecs

from . import cyrillic

ENOUGH, SURE = 20, 0.4  # so many letters, so much better: never so for a text that is declared rightly
GUESS_SAMPLE = 20_000  # bytes given to the general detector

# Only these may be named by a letter: a codec such as zlib, punycode or unicode_escape is a weapon, not a charset.
_NAMES = """
    ascii utf-8 utf-7 utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be
    latin-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11
    iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
    cp437 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp1125
    koi8-r koi8-u koi8-t mac-roman mac-cyrillic mac-greek mac-latin2 mac-turkish kz1048 ptcp154
    big5 big5hkscs cp950 gb2312 gbk gb18030 hz euc-jp shift_jis cp932 shift_jisx0213 euc-jis-2004
    iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_3 iso2022_jp_ext iso2022_kr euc-kr cp949 johab tis-620
"""
_KNOWN = frozenset(codecs.lookup(name).name for name in _NAMES.split())
_ALIASES = {
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "cp-850": "cp850",
    "cp-1251": "cp1251",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "x-cp1251": "cp1251",
    "x-koi8-r": "koi8-r",
    "koi8": "koi8-r",
    "koi-8": "koi8-r",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-sjis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "windows-874": "cp874",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
}
# A wider codec reads all that the narrow one reads, and what mail programs really put under its name.
_WIDER = {
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
_LATIN = frozenset({"cp1252", "iso8859-1", "iso8859-15", "mac-roman"})
_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def known(name: str) -> str:
    """Python's name of a charset as a letter may name it, or "" when it is unknown or not a charset."""
    name = name.strip(" \t\"'<>").lower()[:40]
    name = name.partition("*")[0]  # RFC 2231 §5: a language may follow
    try:
        found = codecs.lookup(_ALIASES.get(name, name)).name
    except (LookupError, ValueError):
        return ""
    if found not in _KNOWN:
        return ""
    return _WIDER.get(found, found)


def _strict(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except (UnicodeError, ValueError):
        return None


def is_utf8(data: bytes) -> bool:
    """True for text that can only be UTF-8: it decodes, and holds at least one sequence of several bytes."""
    return not data.isascii() and _strict(data, "utf-8") is not None


def _only_foreign_words(data: bytes) -> bool:
    """Whether most letters are above ASCII, as in Cyrillic, and not here and there, as in German or French."""
    foreign = sum(byte >= 0xC0 for byte in data)
    latin = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in data)
    return foreign >= 4 and foreign > latin


def _utf16(data: bytes) -> str:
    """Two bytes a character without a mark, as bare ASCII or Cyrillic betrays itself: each second byte is 0 or 4."""
    sample = data[: cyrillic.SAMPLE]
    if len(sample) < 6 or len(sample) % 2 or not (b"\x00" in sample or b"\x04" in sample):
        return ""
    first, second = (sum(byte in (0, 4) for byte in half) * 10 for half in (sample[::2], sample[1::2]))
    half = len(sample) // 2
    if second >= half * 8 and first < half:
        return "utf-16-le"
    return "utf-16-be" if first >= half * 8 and second < half else ""


def detect(data: bytes, hint: str = "") -> str:
    """The likeliest charset of undeclared bytes.

    Order of trust: UTF-8 proves itself; ISO-2022 shows its escapes; Cyrillic is judged by `cyrillic`; `hint` (a charset
    the same letter uses elsewhere) wins where it can read the bytes; then a general detector; Windows-1252 at last.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if any(escape in data for escape in _ESCAPES):
        return "iso2022_jp_ext"
    if wide := _utf16(data):
        return wide
    if data.isascii():
        return "ascii"
    if _strict(data, "utf-8") is not None:
        return "utf-8"
    guess, worth = cyrillic.guess(data)
    hint = known(hint)
    if hint not in ("", "ascii", "utf-8") and (text := _strict(data, hint)) is not None:
        # A hint that reads as Cyrillic nearly as well as the best guess is right: "koi8-r" against "koi8-u".
        readable = worth < cyrillic.PLAUSIBLE or cyrillic.score(text[: cyrillic.SAMPLE]) > worth - 0.5
        if readable:
            return hint
    if worth >= cyrillic.PLAUSIBLE:
        return guess
    high = sum(byte >= 0x80 for byte in data[:GUESS_SAMPLE])
    if high >= 20 and _only_foreign_words(data[:GUESS_SAMPLE]):
        return known(_detected(data[:GUESS_SAMPLE])) or "cp1252"
    return "cp1252"


def _detected(data: bytes) -> str:
    from charset_normalizer import from_bytes  # a parser's parent has it ready; other processes never need it

    best = from_bytes(data).best()
    return best.encoding if best else ""


def believed(data: bytes, declared: str) -> str:
    """The charset to read with: the declared one, unless the bytes prove it wrong; a detected one if there is none."""
    charset = known(declared)
    if not charset or charset == "ascii":
        return detect(data)
    if charset in _LATIN:
        if is_utf8(data):
            return "utf-8"
        if _only_foreign_words(data[: cyrillic.SAMPLE]):
            guess, worth = cyrillic.guess(data)
            if worth >= cyrillic.PLAUSIBLE:
                return guess
    elif charset in ("koi8-r", "koi8-u", "cp1251", "cp866", "iso8859-5"):
        if is_utf8(data):
            return "utf-8"
        guess, worth = cyrillic.guess(data)
        text = _strict(data[: cyrillic.SAMPLE], charset)
        letters = sum(byte >= 0x80 for byte in data[: cyrillic.SAMPLE])
        if worth >= cyrillic.PLAUSIBLE and (
            text is None or cyrillic.score(text) < worth - (SURE if letters >= ENOUGH else 1.5)
        ):
            return guess
    elif charset == "utf-8" and (wide := _utf16(data)):
        return wide
    elif charset == "utf-8" and _strict(data, charset) is None and _mostly_broken(data):
        return detect(data)
    return charset


def _mostly_broken(data: bytes) -> bool:
    """UTF-8 with a cut character at an end or a stray byte is still UTF-8; bytes of which few decode are not."""
    high = sum(byte >= 0x80 for byte in data)
    lost = data.decode("utf-8", "replace").count("\ufffd")
    return lost * 2 > high


def decode(data: bytes, declared: str = "") -> str:
    """Text of a body; never raises. What no charset can read becomes U+FFFD."""
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    charset = believed(data, declared)
    try:
        text = data.decode(charset, "replace")
    except (UnicodeError, LookupError, ValueError):
        text = data.decode("latin-1")
    if charset == "cp1252" and "\ufffd" in text:
        text = data.decode("latin-1")
    return text.replace("\x00", "").removeprefix("\ufeff")
