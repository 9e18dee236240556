"""Cut a reply from what it quotes, line by line: Russian, English and the habits of common mail programs.

No pattern looks further than one joined group of lines, and all run under RE2 (safety.md A13).
"""

from __future__ import annotations

from dataclasses import dataclass

from . import attribution
from .attribution import introduces, is_forward_divider, is_header_block, is_marker
from .patterns import pattern
from .signature import start_of as start_of_signature

MAX_LINES = 10_000  # lines looked at; what follows is part of the rest
MAX_LINE = 2_000  # characters of one line that patterns see
MAX_INTRODUCTIONS = 50  # whose answers are looked for; each look reads the rest of the text


@dataclass(frozen=True)
class Cut:
    """A letter's text in three parts; reply + signature + rest hold every line of the original."""

    reply: str
    rest: str = ""
    signature: str = ""


def split(text: str) -> Cut:
    """Reply, quoted rest and signature of a text (domain.md §10.3: text above the marker line is the reply).

    A letter that holds nothing but quotes and signatures is left whole: better too much than an empty message.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen = _with_plain_marks([line[:MAX_LINE] for line in lines[:MAX_LINES]])
    if end := _end_of_quote_on_top(seen):
        return _below(lines, end)
    start, _ = start_of_quote(seen)
    above = lines[:start]
    place = start_of_signature([line[:MAX_LINE] for line in above])
    reply, signature, rest = above[:place], above[place:], lines[start:]
    if not _says_something(reply):
        if _says_something(signature) and not _says_something(rest):
            return Cut(text.strip("\n"))
        if not _says_something(signature) and rest:
            return _without_reply(lines, start)
    return Cut(_joined(reply), _joined(rest), _joined(signature))


_INITIALS = pattern(r"^\s{0,2}(\pL{1,5})>")


def _with_plain_marks(lines: list[str]) -> list[str]:
    """Lines with the mark "> " where The Bat! writes the initials of whom it quotes before it, «ОИ> »."""
    if not any(_INITIALS.search(line) for line in lines):
        return lines
    introduced = (place for place, line in enumerate(lines) if line.strip() and introduces(lines[place : place + 6]))
    start = next(introduced, len(lines))
    return lines[:start] + [str(_INITIALS.sub(">", line)) for line in lines[start:]]


def _without_reply(lines: list[str], start: int) -> Cut:
    """Nothing stands above the quote: an answer below it, or only a letter sent on."""
    below = _below_introduction(lines) or _below_quote(lines)
    return _below(lines, len(lines) - len(below)) if below else Cut("", _joined(lines))


def _below(lines: list[str], start: int) -> Cut:
    """An answer that stands below what it quotes."""
    below = lines[start:]
    place = start_of_signature([line[:MAX_LINE] for line in below])
    return Cut(_joined(below[:place]), _joined(lines[:start]), _joined(below[place:]))


def _end_of_quote_on_top(lines: list[str]) -> int:
    """The line after an introduction and its marked quote that begin the text, when all below is new; else 0.

    A quote without an introduction is one's own choice of what to answer; it stays, as do answers between quoted lines.
    """
    top = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
    length = introduces(lines[top : top + 6]) if top < len(lines) and not _is_quoted(lines[top]) else 0
    end = top + length
    while end < len(lines) and (_is_quoted(lines[end]) or not lines[end].strip()):
        end += 1
    below = lines[end:]
    if not length or not any(map(_is_quoted, lines[top:end])) or any(map(_is_quoted, below)):
        return 0
    return end if _says_something(below[: start_of_signature(below)]) and start_of_quote(below)[0] == len(below) else 0


def _below_introduction(lines: list[str]) -> list[str]:
    """What follows an introduction that nothing stands above, for a letter sent on, or answered without marks."""
    top = next((place for place, line in enumerate(lines) if line.strip()), 0)
    head = [line[:MAX_LINE] for line in lines[top : top + 20]]
    if length := introduces(head):
        below = lines[top + length :]
    elif is_forward_divider(head[0]) or is_header_block(head):
        below = lines[top + attribution.header_block_length(head) :]
    else:
        return []
    return below if not _is_quoted(next((line for line in below if line.strip()), ">")) else []


def _below_quote(lines: list[str]) -> list[str]:
    """Lines after the last quoted line, when they say something (the answer stands below)."""
    last = max((place for place, line in enumerate(lines) if line.lstrip().startswith(">")), default=-1)
    below = lines[last + 1 :] if last >= 0 else []
    return below if _says_something(below) else []


def _says_something(lines: list[str]) -> bool:
    return any(char.isalnum() for line in lines for char in line)


def _joined(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _is_quoted(line: str) -> bool:
    return line.lstrip(" \t").startswith(">")


def start_of_quote(lines: list[str]) -> tuple[int, str]:
    """(first line of what is quoted, why); the number of lines when nothing is.

    Answers written between quoted lines keep the whole exchange: the quote then only begins where nothing new follows.
    """
    quotes_only = _start_of_quotes_only(lines)
    tries = 0
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        if is_marker(line):
            return _with_attribution_above(lines, place), "marker"
        if _is_quoted(line):
            inner = [one.lstrip("> \t") for one in lines[place : place + 6]]
            divided = is_forward_divider(inner[0])
            if place >= quotes_only and (divided or introduces(inner) or is_header_block(inner)):
                return place, "quoted introduction"
            continue
        if is_forward_divider(line) or is_header_block(lines[place : place + 12]):
            return _without_rule_above(lines, place), "header"
        length = introduces(lines[place : place + 6])
        tries += length > 0
        if length and (tries > MAX_INTRODUCTIONS or not _answers_below(lines, place + length)):
            return _without_rule_above(lines, place), "attribution"
    return _trailing_quote(lines), "quote"


def _answers_below(lines: list[str], start: int) -> bool:
    """Whether new text follows the quoted lines that an attribution announces."""
    rest = lines[start:]
    quoted = [place for place, line in enumerate(rest) if _is_quoted(line)]
    if not quoted or any(line.strip() for line in rest[: quoted[0]]):
        return False  # the quote is not marked line by line: everything below is quote
    last = quoted[-1]
    own = [line for line in rest[quoted[0] : last] if line.strip() and not _is_quoted(line)]
    after = rest[last + 1 :]
    place = start_of_signature(after)
    return _says_something(after[:place]) or (len(own) > 0 and _interleaved(rest[quoted[0] : last + 1]))


def _interleaved(lines: list[str]) -> bool:
    """Unquoted lines that stand free between quoted ones are answers; lines a program broke off are not."""
    for place, line in enumerate(lines):
        if line.strip() and not _is_quoted(line) and not (place and lines[place - 1].strip()):
            return True
    return False


def _start_of_quotes_only(lines: list[str]) -> int:
    """First line from which on everything is quoted or empty."""
    start = len(lines)
    while start and (_is_quoted(lines[start - 1]) or not lines[start - 1].strip()):
        start -= 1
    return start


def _trailing_quote(lines: list[str]) -> int:
    """Start of the block of ">" lines that ends the text, signature after it allowed."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if not end or not _is_quoted(lines[end - 1]):
        place = start_of_signature(lines[:end])
        cut = place
        while cut and not lines[cut - 1].strip():
            cut -= 1
        if place == end or not cut or not _is_quoted(lines[cut - 1]):
            return len(lines)
        end = cut
    start = _start_of_quotes_only(lines[:end])
    if start and lines[start - 1].rstrip().endswith(":") and attribution.mentions_person(lines[start - 1]):
        start -= 1
    return start if start else len(lines)


def _with_attribution_above(lines: list[str], place: int) -> int:
    """An introduction of up to six lines right above the marker belongs to the quote."""
    top = place
    while top and not lines[top - 1].strip():
        top -= 1
    for start in range(max(0, top - 6), top):
        if introduces(lines[start:top]) or is_header_block(lines[start:top]):
            return start
    return place


def _without_rule_above(lines: list[str], place: int) -> int:
    """Rules of dashes or underscores, and empty lines, right above a quote belong to it."""
    top = place
    while top and (not lines[top - 1].strip() or attribution.is_rule(lines[top - 1])):
        top -= 1
    return top if any(attribution.is_rule(line) for line in lines[top:place]) else place
