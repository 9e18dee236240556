"""Readable plain text of an HTML letter; quoted blocks come out with "> " before their lines."""

from __future__ import annotations

import html

import nh3

from .limits import MAX_HTML, MAX_TEXT
from .patterns import pattern

MAX_TAGS = 20_000  # more than any letter; beyond it the deep tree costs more than its text is worth
MAX_TAG = 4_000  # characters of a tag that may hold many attributes; longer ones only with few (inlined pictures)
MAX_ATTRIBUTES = 200
MAX_QUOTE = 8  # levels of "> " that are written
MAX_LINK = 300  # characters of an address shown beside its text

_BLANK_AROUND = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre", "dl"})
_NEW_LINE = frozenset({"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "address"})
_KEPT = _BLANK_AROUND | _NEW_LINE | {"br", "hr", "a", "td", "th", "img"}
_TOKEN = pattern(r'<(/?)([a-z0-9]+)((?: [a-z-]+="[^"]*")*)>')
_HREF = pattern(r' href="([^"]*)"')
# Gmail and Word move words to the right by this tag too: no line at its side, nobody named.
_MOVED = pattern(r"(?i) style=\"[^\"]*\bborder(?:-left)?\s*:\s*(?:none|medium none|0)")
_CITES = pattern(r"(?i) (?:type=\"cite\"|cite=|class=\"[^\"]*(?:quote|cite))")
_ALT = pattern(r' alt="([^"]*)"')
_TAG = pattern(r"(?s)<[^>]*>")
_SPACE = pattern(r"[ \t\r\n\f]+")


class _Page:
    """Lines of text as they are laid out."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current: list[str] = []
        self.size = 0
        self.quote = 0
        self.quotes: list[int] = []  # of each block that is open: 1 where it quotes, 0 where it only moves to the right
        self.pre = 0
        self.lists: list[int] = []
        self.link: tuple[str, int] | None = None

    def break_line(self, *, blank: bool = False, force: bool = False) -> None:
        """End the line in hand, if it holds anything; `blank` asks for an empty line after it."""
        line = "".join(self.current).strip(" ") if not self.pre else "".join(self.current).rstrip()
        prefix = "> " * min(self.quote, MAX_QUOTE)
        if line or force:
            self.lines.append((prefix + line).rstrip())
        if blank and self.lines and self.lines[-1].strip("> "):
            self.lines.append(prefix.rstrip())
        self.current = []

    def write(self, text: str) -> None:
        """Add running text; outside <pre> all white space is one blank."""
        if self.pre:
            first, *others = text.split("\n")
            self.current.append(first)
            for line in others:
                self.break_line(force=True)
                self.current.append(line)
        else:
            text = _SPACE.sub(" ", text)
            if text.startswith(" ") and (not self.current or self.current[-1].endswith(" ")):
                text = text[1:]
            if text:
                self.current.append(text)
        self.size += len(text)


def _open(page: _Page, tag: str, attributes: str) -> None:
    if tag == "br":
        page.break_line(force=True)
    elif tag == "hr":
        page.break_line()
        page.current.append("_" * 32)
        page.break_line()
    elif tag == "img":
        if alt := _ALT.search(attributes):
            page.write(f"[{html.unescape(alt[1])}]" if alt[1].strip() else "")
    elif tag == "a":
        href = _HREF.search(attributes)
        page.link = (html.unescape(href[1]), len(page.current)) if href else None
    elif tag in ("td", "th"):
        page.write(" ")
    elif tag in _BLANK_AROUND or tag in _NEW_LINE:
        page.break_line(blank=tag in _BLANK_AROUND and not (tag in ("ul", "ol") and page.lists))
        if tag == "blockquote":
            page.quotes.append(0 if _MOVED.search(attributes) and not _CITES.search(attributes) else 1)
            page.quote += page.quotes[-1]
        elif tag == "pre":
            page.pre += 1
        elif tag in ("ul", "ol"):
            page.lists.append(1 if tag == "ol" else 0)
        elif tag == "li":
            _item(page)


def _item(page: _Page) -> None:
    number = page.lists[-1] if page.lists else 0
    page.current.append("  " * (len(page.lists[:6]) - 1) + (f"{number}. " if number else "* "))
    if number:
        page.lists[-1] += 1


def _close(page: _Page, tag: str) -> None:
    if tag == "a" and page.link:
        href, start = page.link
        page.link = None
        shown = "".join(page.current[start:]).strip()
        bare = href.removeprefix("mailto:")
        said = shown.rstrip("/") in (bare.rstrip("/"), bare.rstrip("/").partition("://")[2])
        if bare and shown and not said and not href.startswith(("cid:", "#")):
            page.current.append(f" ({bare[:MAX_LINK]})")
    elif tag in _BLANK_AROUND or tag in _NEW_LINE:
        page.break_line()
        if tag == "blockquote":
            page.quote -= page.quotes.pop() if page.quotes else 0
        elif tag == "pre":
            page.pre = max(0, page.pre - 1)
        elif tag in ("ul", "ol") and page.lists:
            page.lists.pop()
        page.break_line(blank=tag in _BLANK_AROUND and not (tag in ("ul", "ol") and page.lists))


def _without_monsters(source: str) -> str:
    """Tags with thousands of attributes taken out: the parser compares each attribute with all others."""
    out, place = [], 0
    while (start := source.find("<", place)) >= 0:
        end = source.find(">", start)
        if end < 0:
            break
        if end - start > MAX_TAG and source.count(" ", start, end) + source.count("=", start, end) > MAX_ATTRIBUTES:
            out.append(source[place:start])
        else:
            out.append(source[place : end + 1])
        place = end + 1
    tail = source[place:]
    return "".join(out) + (tail if len(tail) < MAX_TAG or "<" not in tail else "")


def text_of(source: str) -> str:
    """Plain text of HTML: scripts, styles and comments dropped, links as "text (address)", images by their words.

    The source passes through the same HTML5 parser as the sanitiser, so what is read here is what a browser shows.
    Input beyond `MAX_HTML` is cut; a page of more than `MAX_TAGS` tags is only stripped of them.
    """
    source = source[:MAX_HTML]
    if source.count("<") > MAX_TAGS:
        bare: str = _SPACE.sub(" ", _TAG.sub(" ", source))
        return html.unescape(bare)[:MAX_TEXT].strip()
    tidy = nh3.clean(
        _without_monsters(source),
        tags=set(_KEPT),
        attributes={"a": {"href"}, "img": {"alt"}, "blockquote": {"style", "type", "cite", "class"}},
        clean_content_tags={"script", "style", "title"},
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel", "ftp"},
    )
    page = _Page()
    place = 0
    for token in _TOKEN.finditer(tidy):
        if token.start() > place:
            page.write(html.unescape(tidy[place : token.start()]).replace("\xa0", " "))
        place = token.end()
        if token[1]:
            _close(page, token[2])
        else:
            _open(page, token[2], token[3])
        if page.size > MAX_TEXT:
            break
    else:
        page.write(html.unescape(tidy[place:]).replace("\xa0", " "))
    page.break_line()
    return _tidy(page.lines)


def _tidy(lines: list[str]) -> str:
    """At most one empty line in a row, none at the ends."""
    out: list[str] = []
    for line in lines:
        if line.strip("> ") or (out and out[-1].strip("> ")):
            out.append(line.replace("\u200b", "").replace("\u200c", "").replace("\ufeff", ""))
    return "\n".join(out).strip("\n")
