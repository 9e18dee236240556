"""The one builder of outgoing messages: clean headers, RFC 5322 and 2047 by the standard library, one MIME shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime

MAX_HEADER = 900  # characters: below the 998 of RFC 5322 §2.1.1 even where a value cannot be folded
MAX_SUBJECT = 200
MAX_REFERENCES = 20  # the root and the newest; the middle says nothing that they do not
_BREAKS = re.compile(r"[\r\n\0\v\f\x1c-\x1e\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MESSAGE_ID = re.compile(r"^<[\x21-\x3b\x3d\x3f-\x7e]+>$")
WIRE = policy.SMTP.clone(cte_type="7bit", max_line_length=78)


@dataclass(frozen=True, slots=True)
class Part:
    """A file as it goes into the message."""

    name: str
    type: str
    content: bytes


def clean(value: str, limit: int = MAX_HEADER) -> str:
    """A header value on one line: line breaks become a space, NUL and other controls go, the length is bounded.

    This is the wall against header injection (safety.md A12); nothing else may put text into a header.
    """
    return _CONTROLS.sub("", _BREAKS.sub(" ", storable(value))).strip()[:limit]


def storable(text: str) -> str:
    """The text without what neither UTF-8 nor the database can hold: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def mailbox(address: str, name: str = "") -> Address:
    """An address header's value; raises ValueError for an address that is none."""
    local, at, domain = clean(address).rpartition("@")
    if not at or not local or not domain or " " in domain:
        raise ValueError(f"not a mail address: {address!r}")
    return Address(display_name=clean(name, 200), username=local, domain=ascii_domain(domain))


def ascii_domain(domain: str) -> str:
    """The domain as it goes over the wire, in lower case, IDNA where needed."""
    try:
        return domain.encode("ascii").decode().lower()
    except UnicodeEncodeError:
        return domain.encode("idna").decode().lower()


def normal(address: str) -> str:
    """The address as we store and compare it: no spaces, ASCII domain in lower case, the local part as given."""
    place = mailbox(address)
    return f"{place.username}@{place.domain}"


def thread(ids: Iterable[str]) -> str:
    """A References value of valid, distinct Message-IDs: the first and the newest."""
    valid = [ref for ref in dict.fromkeys(clean(ref) for ref in ids) if _MESSAGE_ID.match(ref)]
    if len(valid) > MAX_REFERENCES:
        valid = [valid[0], *valid[-MAX_REFERENCES + 1 :]]
    return " ".join(valid)


def build(
    *,
    sender: Address,
    to: Address,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
    headers: Mapping[str, str],
    parts: Iterable[Part] = (),
) -> bytes:
    """The message as bytes with CRLF: text, or multipart/alternative with HTML, inside multipart/mixed with files.

    ``headers`` are further ones by name; a name that is no header name raises ValueError.
    """
    message = EmailMessage(policy=WIRE)
    message["Date"] = format_datetime(localtime(date))
    message["From"] = sender
    message["To"] = to
    message["Subject"] = clean(subject, MAX_SUBJECT)
    message["Message-ID"] = clean(message_id)
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name) or name in message:
            raise ValueError(f"not a header we may add: {name!r}")
        value = clean(value, MAX_HEADER * 3 if name == "References" else MAX_HEADER)
        if value and not name.lower().startswith("content-"):
            message[name] = value
    message.set_content(_body(text))  # forgets every Content- header that stands already
    if html:
        message.add_alternative(html, subtype="html")
    for part in parts:
        kind, _, subtype = (part.type if "/" in part.type else "application/octet-stream").partition("/")
        if kind in {"message", "multipart"}:
            kind, subtype = "application", "octet-stream"
        message.add_attachment(
            part.content, maintype=clean(kind), subtype=clean(subtype), filename=clean(part.name, 150) or "file"
        )
    if language := clean(headers.get("Content-Language", "")):
        message["Content-Language"] = language
    return message.as_bytes()


def _body(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
