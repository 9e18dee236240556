"""The one policy for foreign HTML and for links in plain text (safety.md A1, A8); raise ``VERSION`` with any change.

What is stored stays as it came; it is made harmless each time it goes out. The result is shown only inside a sandboxed
frame of its own policy, so a hole in one wall meets the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import nh3
from markupsafe import Markup, escape

VERSION = 1
MAX_HTML = 2_000_000  # characters of foreign HTML that are looked at; the rest is left out
MAX_LINK = 2_000

TAGS = frozenset(
    "a abbr address b blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i"
    " img ins kbd li ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u"
    " ul var".split()
)
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "ol": {"start"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
DROPPED = frozenset({"script", "style", "template", "noscript", "title", "iframe", "object", "textarea", "svg", "math"})
_NUMBER = re.compile(r"\d{1,4}")
_ANCHOR = re.compile(r'<a href="([^"]*)"')
_PLAIN_LINK = re.compile(r"""(?:https?://|mailto:)[^\s<>"'`\u00ab\u00bb\u201c\u201d]{1,2000}""", re.IGNORECASE)
_TAIL = ".,;:!?)]}\u2026"


@dataclass(frozen=True, slots=True)
class Clean:
    """Harmless HTML, and how many pictures from the net were left out of it."""

    html: Markup
    blocked: int
    version: int = VERSION


def clean(html: str, pictures: Mapping[str, str]) -> Clean:
    """Foreign HTML as it may be shown in the message frame.

    Args:
        html: as it came in the mail.
        pictures: absolute address of ours for each Content-ID of the message; a picture that is not here is left out.
    """
    blocked = 0

    def attribute(tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if tag == "img" and name == "src":
            scheme, _, cid = value.strip().partition(":")
            if scheme.lower() == "cid":
                return pictures.get(content_id(cid))
            blocked += 1
            return None
        if name in {"width", "height", "colspan", "rowspan", "start"}:
            return value if _NUMBER.fullmatch(value) else None
        if name == "href":
            return value if len(value) <= MAX_LINK and not value.strip().lower().startswith("cid:") else None
        return value

    made = nh3.clean(
        html[:MAX_HTML].replace("\x00", ""),
        tags=set(TAGS),
        clean_content_tags=set(DROPPED),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=attribute,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        generic_attribute_prefixes=set(),
        url_schemes=set(SCHEMES),
        url_relative="deny",
    )
    return Clean(Markup(_ANCHOR.sub(_with_host, made)), blocked)  # noqa: S704  # the product of the policy itself


def _with_host(match: re.Match[str]) -> str:
    """The true host of a link stands beside its words, whatever the words claim."""
    address = match.group(1)
    try:
        host = urlsplit(address.replace("&amp;", "&")).hostname or ""
    except ValueError:
        host = ""
    return f'<a title="{escape(host)}" href="{address}"' if host else match.group(0)


def content_id(value: str) -> str:
    """A Content-ID as a key: without brackets and percent signs, in lower case."""
    return value.strip().strip("<>").replace("%40", "@").lower()


def linkified(text: str) -> Markup:
    """Plain text as paragraphs: escaped first; only http, https and mailto become links, each showing its address."""
    paragraphs = [part for part in re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").strip("\n")) if part.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(_lines(part)) for part in paragraphs)


def _lines(text: str) -> Markup:
    return Markup("<br>").join(_links(line) for line in text.split("\n"))


def _links(line: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for match in _PLAIN_LINK.finditer(line):
        address = match.group().rstrip(_TAIL)
        if not _is_link(address):
            continue
        parts += [escape(line[end : match.start()]), _anchor(address)]
        end = match.start() + len(address)
    return Markup("").join([*parts, escape(line[end:])])


def _is_link(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return "@" in parts.path if parts.scheme.lower() == "mailto" else bool(parts.hostname)


def _anchor(address: str) -> Markup:
    return Markup('<a href="{0}" rel="noopener noreferrer nofollow" target="_blank">{0}</a>').format(address)
