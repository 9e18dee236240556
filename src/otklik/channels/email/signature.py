"""Where a writer's signature begins: the "-- " line, the stamp of a phone, the farewell."""

from __future__ import annotations

from .patterns import pattern

MAX_SIGNATURE = 25  # lines after a dash line that can still be a signature
_DASHES = pattern(r"^\s{0,2}(?:--|—|__|––|-- )\s*$")
_UNDERLINE = pattern(r"^\s?_{2,}\s*$")
_DEVICE = pattern(
    r"(?i)^[\s>*_\-–—(]{0,6}(?:sent (?:from|by|with|via|using) (?:my |an? |the )?\S.{0,80}|sent from .{0,60}"
    r"|(?:get|получи(?:ть|те)|скачать|завантажити) outlook (?:for|для) .{0,80}"
    r"|from my (?:iphone|ipad|android|phone|mobile).{0,40}|envoyé (?:de|depuis|"
    r"à partir de) .{0,60}|diese nachricht wurde von meinem .{0,80}"
    r"|von meinem .{0,40} gesendet|gesendet (?:von|mit|aus) .{0,60}|enviado (?:desde|do) (?:mi|"
    r"meu) .{0,40}|inviato da .{0,40}"
    r"|отправлено (?:с|со|из|через|от) \S.{0,80}|послано (?:с|из) .{0,60}|отправлено .{0,30}(?:iphone|"
    r"ipad|android|почт\pL+).{0,40}"
    r"|надіслано (?:з|із) .{0,60}|sendt fra .{0,50}|skickat från .{0,50}|verstuurd vanaf .{0,50}|"
    r"verzonden met .{0,50}"
    r"|get \S{3,20}(?: mail)? for (?:android|ios|iphone|mac|windows).{0,60}"
    r"|lähetetty .{0,50}|wysłane z .{0,50}|sent on the go.{0,30}|typed on tiny keys.{0,30})[.!)\]*_]{0,3}\s*$"
)
_NOT_DEVICE = pattern(r"(?i)(yesterday|today|last week|monday|вчера|сегодня|[?]$)")
_FAREWELL = pattern(
    r"(?i)^\s*(?:с уважением|с наилучшими пожеланиями|всего доброго|с почтением|kind regards|best regards|"
    r"warm regards|regards|sincerely|mit freundlichen grüßen|cordialement)\s*[,.!]?\s*$"
)


def start_of(lines: list[str]) -> int:
    """First line of the signature; the number of lines when there is none.

    A "-- " line in the lower part, or a phone's stamp with nothing but empty lines or a short tail below it.
    The farewell («С уважением») stays with the reply: people say thanks and names there.
    """
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for place in range(max(0, end - MAX_SIGNATURE), end):
        line = lines[place]
        if _DASHES.search(line) and place > 0:
            return _stamps_above(lines, place)
        if _UNDERLINE.search(line) and place > 0 and end - place <= 8:
            return _stamps_above(lines, place)
        alone = place == 0 or not lines[place - 1].strip() or end - place <= 2
        if alone and _is_stamp(line) and end - place <= 6:
            return _stamps_above(lines, place)
    return len(lines)


def _is_stamp(line: str) -> bool:
    return len(line) < 120 and bool(_DEVICE.search(line)) and not _NOT_DEVICE.search(line)


def _stamps_above(lines: list[str], place: int) -> int:
    """Further stamps right above the signature belong to it."""
    top = place
    while top and (not lines[top - 1].strip() or _is_stamp(lines[top - 1])):
        top -= 1
        if lines[top].strip():
            place = top
    return place


def says_farewell(line: str) -> bool:
    """Whether a line is nothing but a farewell formula."""
    return bool(_FAREWELL.search(line))
