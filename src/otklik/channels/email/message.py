"""A raw letter understood: who, to whom, about what, in which words, with what attached (`parse`)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from . import automatic, bounces, charsets, flowed, headers, html_text, limits, quoting, structure
from .addresses import Address
from .addresses import parse as addresses_of
from .bounces import Report
from .quoting import Cut
from .structure import Part

MAX_NAME = 150  # characters of a file name (safety.md A2)
MAX_EXCUSE = 400  # bytes of a plain form that may say no more than "open this as HTML"
MAX_NESTED = 3  # letters sent on as files whose text is read
_BODIES = ("text/plain", "text/html")
_RICH = frozenset({"text/enriched", "text/richtext"})
_NO_WORDS = frozenset({"text/calendar", "text/rtf", "text/vcard", "text/x-vcard", "text/css", "text/javascript"})
# Parts by which programs talk to each other: understood, never shown as a nameless file.
_MACHINERY = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "text/rfc822-headers",
        "application/pgp-signature",
        "application/pgp-encrypted",
    }
)
_TYPE_KINDS = {
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
    "application/pgp-encrypted": "pgp encrypted",
    "application/pgp-signature": "pgp signed",
    "application/pkcs7-signature": "s/mime signed",
    "application/x-pkcs7-signature": "s/mime signed",
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "message/rfc822": "nested message",
    "message/global": "nested message",
}
_SUFFIXES = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/plain": ".txt",
    "text/html": ".html",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "application/ms-tnef": ".dat",
}


@dataclass(frozen=True)
class Attachment:
    """A file that came with a letter; `name` is as the sender wrote it, cleaned, and never a path."""

    name: str
    type: str
    content: bytes
    content_id: str = ""
    inline: bool = False
    disposition: str = ""

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal digest of the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Letter:
    """A letter as a person reads it; every field may be empty, for foreign mail may lack anything."""

    author: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    cut: Cut = field(default_factory=lambda: Cut(""))  # the text as reply, signature and what it quotes
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    automatic: str = ""  # the reason, "" when a person wrote it
    suppress_reply: bool = False
    report: Report | None = None
    lists: dict[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()  # s/mime, pgp, tnef, calendar, nested message, uuencode: shown as such
    authors: int = 1  # mailboxes over all From fields: more than one cannot be vouched for
    authentication_results: tuple[str, ...] = ()  # from the top
    delivered_to: tuple[str, ...] = ()  # addresses by which it reached us, for signed reply addresses
    defects: tuple[str, ...] = ()


def parse(raw: bytes, *, own: Collection[str] = ()) -> Letter:
    """Understand a raw letter.

    Args:
        raw: the bytes as received. own: addresses of this desk in lower case, to know our own mail.

    Raises `limits.LimitExceeded` for a letter beyond the limits; other errors are bugs, and `sandbox` parks them.
    """
    limits.check(raw)
    root = structure.read(raw)
    hint = _charset_in_use(root)
    content = _Content(hint)
    content.gather(root)
    froms = [one for value in root.every("from") for one in addresses_of(value, hint)]
    author = _author(froms, _mailboxes(root, "sender", hint), _mailboxes(root, "reply-to", hint))
    text = content.text
    report = bounces.read(root, text=text, author=author)
    return Letter(
        author=author,
        to=_mailboxes(root, "to", hint),
        cc=_mailboxes(root, "cc", hint),
        reply_to=_mailboxes(root, "reply-to", hint),
        subject=headers.decode(root.first("subject"), hint)[: limits.MAX_SUBJECT],
        date=headers.date(root.first("date")),
        message_id=next(iter(headers.message_ids(root.first("message-id"))), ""),
        in_reply_to=headers.message_ids(root.first("in-reply-to")),
        references=headers.message_ids(root.first("references")),
        text=text,
        cut=quoting.split(text),
        html=content.html,
        attachments=tuple(content.attachments),
        automatic=automatic.reason(root, author=author, report=report is not None, own=own),
        suppress_reply=automatic.suppresses_reply(root),
        report=report,
        lists=automatic.list_fields(root),
        kinds=tuple(dict.fromkeys(content.kinds)),
        authors=max(len(froms), len(root.every("from"))),
        authentication_results=_plain(root, "authentication-results"),
        delivered_to=_plain(root, "delivered-to", "x-original-to", "envelope-to"),
        defects=tuple(_defects(root)),
    )


def _author(*groups: Sequence[Address]) -> Address:
    """The first mailbox with a real address, from the first field that has one: From, Sender, then Reply-To."""
    candidates = [one for group in groups for one in group]
    full = next((one for one in candidates if "@" in one.address or one.address.isalnum()), None)
    return full or (candidates[0] if candidates else Address())


def _mailboxes(root: Part, name: str, hint: str) -> tuple[Address, ...]:
    return tuple(one for value in root.every(name) for one in addresses_of(value, hint))


def _plain(root: Part, *names: str) -> tuple[str, ...]:
    return tuple(headers.unfold(value).decode("latin-1")[:4_000] for key, value in root.fields if key in names)[:50]


def _charset_in_use(root: Part) -> str:
    """The first declared charset that says something, for 8-bit header fields that declare none."""
    for part in root.walk():
        if part.type in _BODIES and (charset := charsets.known(part.charset)) not in ("", "ascii"):
            return charset
    return ""


def _defects(root: Part) -> list[str]:
    found = []
    if not root.first("from"):
        found.append("no From")
    if len(root.every("from")) > 1:
        found.append("several From")
    if not root.first("date"):
        found.append("no Date")
    if not root.first("message-id"):
        found.append("no Message-ID")
    if any(part.type.startswith("multipart/") and not part.children for part in root.walk()):
        found.append("multipart without parts")
    return found


class _Content:
    """Texts and files of a letter, sorted part by part."""

    def __init__(self, hint: str) -> None:
        self.hint = hint
        self.look_within = True
        self.texts: list[str] = []
        self.htmls: list[str] = []
        self.attachments: list[Attachment] = []
        self.kinds: list[str] = []
        self._nested: list[str] = []  # of letters sent on as a file, for a letter that says nothing itself
        self._other: list[str] = []  # text of kinds that nobody knows, which is plain text (RFC 2046 §4.1.4)
        self.readable: list[str] = []

    @property
    def text(self) -> str:
        """The best plain text: the sender's own where there is one, else that of the HTML."""
        joined = "\n".join(text for text in self.readable if text.strip())
        joined = joined or "\n".join(self._other) or "\n".join(self._nested) or "\n".join(self.texts)
        return joined[: limits.MAX_TEXT]

    @property
    def html(self) -> str:
        """HTML as sent, several parts joined; it is sanitised only when shown."""
        return "\n".join(self.htmls)

    def gather(self, root: Part, *, nested: bool = True) -> None:
        """Sort all parts, in order, choosing among alternatives; `nested` looks into letters sent on as files."""
        self.look_within = nested
        pending: list[tuple[Part, bool]] = [(root, False)]
        while pending:
            part, silent = pending.pop()
            self._note(part)
            if part.children:
                pending.extend(reversed(self._order(part, silent)))
            elif part.type.startswith("multipart/"):
                self._body(part, "text/plain", silent)
            else:
                self._leaf(part, silent)

    def _order(self, part: Part, silent: bool) -> list[tuple[Part, bool]]:
        """Children, each with whether its text is only another form of a sibling's."""
        if part.type != "multipart/alternative":
            return [(child, silent) for child in part.children]
        plain = any(_says_something(child) for child in part.children)
        if plain and _is_an_excuse(part):
            return [(child, silent or child.type == "text/plain") for child in part.children]
        return [(child, silent or (plain and not _has_plain(child))) for child in part.children]

    def _note(self, part: Part) -> None:
        kind = _TYPE_KINDS.get(part.type, "")
        if part.type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            kind = "s/mime signed" if part.parameters.get("smime-type") == "signed-data" else "s/mime encrypted"
        elif part.type == "multipart/encrypted":
            kind = "pgp encrypted"
        if kind:
            self.kinds.append(kind)

    def _leaf(self, part: Part, silent: bool) -> None:
        disposition, parameters = part.disposition
        name = file_name(parameters.get("filename") or part.parameters.get("name") or "")
        if part.type in _BODIES and disposition != "attachment" and not name:
            self._body(part, part.type, silent)
        elif not (silent and part.type in _RICH) and not (part.type in _MACHINERY and not name):
            if part.type.startswith("text/") and not name and not disposition and part.type not in _NO_WORDS:
                text = charsets.decode(part.content[: 4 * limits.MAX_TEXT], part.charset)
                self._other.append(html_text.text_of(text) if part.type in _RICH else text)
            self._file(part, name, disposition)

    def _body(self, part: Part, kind: str, silent: bool) -> None:
        data = part.content
        if silent and part.type == "text/plain":
            return
        if kind == "text/html":
            source = charsets.decode(data, part.charset or _meta_charset(data))
            self.htmls.append(source)
            if not silent:
                self.readable.append(html_text.text_of(source))
            return
        for name, content, start, end in reversed(list(structure.uuencoded(data))):
            self.kinds.append("uuencode")
            self.attachments.append(Attachment(file_name(name), "application/octet-stream", content))
            data = data[:start] + data[end:]
        if b"-----BEGIN PGP " in data:
            self.kinds.append("pgp encrypted" if b"BEGIN PGP MESSAGE" in data else "pgp signed")
        text = charsets.decode(data[: 4 * limits.MAX_TEXT], part.charset).replace("\r\n", "\n").replace("\r", "\n")
        if part.parameters.get("format", "").lower() == "flowed":
            text = flowed.join(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        self.texts.append(text)
        self.readable.append(text)

    def _file(self, part: Part, name: str, disposition: str) -> None:
        content_id = headers.clean(part.first("content-id").decode("latin-1")).strip("<> ")[:500]
        content = part.content
        if part.type == "message/rfc822" and self.look_within and len(self._nested) < MAX_NESTED:
            self._nested.append(_text_within(content))
        if not name:
            name = _given_name(part, content)
        inline = disposition == "inline" or (bool(content_id) and disposition != "attachment")
        self.attachments.append(Attachment(name, part.type, content, content_id, inline, disposition))


def _text_within(content: bytes) -> str:
    """Plain text of a letter inside a letter, without descending into what it holds itself."""
    try:
        root = structure.read(content)
    except limits.LimitExceeded:
        return ""
    inner = _Content(_charset_in_use(root))
    inner.gather(root, nested=False)
    return inner.text


def _has_plain(part: Part) -> bool:
    return any(one.type == "text/plain" for one in part.walk())


def _says_something(part: Part) -> bool:
    """Whether an alternative holds plain text that is more than white space."""
    return any(one.type == "text/plain" and not one.children and one.content.strip() for one in part.walk())


def _is_an_excuse(part: Part) -> bool:
    """Whether the plain form only says that the letter is to be read as HTML: few words, hardly one of them there."""
    plain = next((one for one in part.children if one.type == "text/plain"), None)
    page = next((one for one in part.walk() if one.type == "text/html"), None)
    if plain is None or page is None or len(plain.content) > MAX_EXCUSE:
        return False
    said = _words(charsets.decode(plain.content, plain.charset))
    if len(said) < 3:
        return False
    shown = html_text.text_of(charsets.decode(page.content, page.charset or _meta_charset(page.content)))
    return len(_words(shown)) > 1 and len(said & _words(shown)) * 4 < len(said)


def _words(text: str) -> set[str]:
    return set("".join(char if char.isalnum() else " " for char in text.lower()).split())


def _meta_charset(data: bytes) -> str:
    """Charset an HTML page declares in its head, for parts whose field declares none."""
    place = data[:4_096].lower().find(b"charset=")
    if place < 0:
        return ""
    name = data[place + 8 : place + 50].decode("latin-1").strip("\"' ")
    return name.partition('"')[0].partition(">")[0]


def _given_name(part: Part, content: bytes) -> str:
    """A name for a file that came without one: the subject of a nested message, else the kind of file."""
    if part.type == "message/rfc822":
        fields, _ = structure.split(content[: limits.MAX_HEADER_BLOCK], at_top=True)
        subject = headers.decode(dict(reversed(fields)).get("subject", b""))
        return file_name((subject or "message")[: MAX_NAME - 4] + ".eml")
    return "file" + _SUFFIXES.get(part.type, "")


def file_name(name: str) -> str:
    """The last part of a path, cleaned of controls and of marks that turn the writing round (safety.md A2)."""
    name = headers.clean(name).replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    if len(name) > MAX_NAME:
        stem, dot, suffix = name.rpartition(".")
        name = stem[: MAX_NAME - len(suffix) - 1] + dot + suffix if dot and len(suffix) < 12 else name[:MAX_NAME]
    return name if name.strip(".") else ""
