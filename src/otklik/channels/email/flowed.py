"""Lines that a mail program broke only for the journey, put together again (RFC 3676)."""

from __future__ import annotations


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(">"))


def join(text: str, *, delete_space: bool = False) -> str:
    """Text of a format=flowed part with its soft line breaks taken out; quote marks and "-- " stay lines.

    Args:
        text: lines ended by "\\n". delete_space: the DelSp parameter, for languages written without blanks.
    """
    out: list[str] = []
    held: list[str] = []  # pieces of the paragraph in hand
    held_depth = 0
    for line in text.split("\n"):
        depth = _depth(line)
        body = line[depth:].removeprefix(" ")
        signature = body == "-- "
        if held and (depth != held_depth or signature):
            out.append(_line(held, held_depth))
            held = []
        if body.endswith(" ") and not signature:
            held.append(body[:-1] if delete_space else body)
            held_depth = depth
        elif held:
            out.append(_line([*held, body], depth))
            held = []
        else:
            out.append(_line([body], depth))
    if held:
        out.append(_line(held, held_depth))
    return "\n".join(out)


def _line(pieces: list[str], depth: int) -> str:
    return (">" * depth + " " if depth else "") + "".join(pieces)
