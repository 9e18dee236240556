"""Delivery reports: which address of which of our letters failed, was delayed or arrived, and why (RFC 3464 and worse).

Standard reports are read from their machine part. Everything else that mail servers write for people is read line by
line: an address, and the first status that stands near it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from . import charsets, headers, reasons, structure
from .addresses import Address
from .limits import LimitExceeded
from .patterns import pattern
from .structure import Part

MAX_REPORT = 200_000  # characters of a report that are looked at
MAX_RECIPIENTS = 200
MAX_DIAGNOSTIC = 2_000  # characters

_ADDRESS = pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_STATUS = pattern(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\.\s)")
_TRANSPORT = pattern(r"(?i)^\s*smtp\s*;\s*[45]\d\d[ -]([45]\.\d{1,3}\.\d{1,3})\s")  # a Diagnostic-Code, RFC 3464 §2.3.6
_REPLY = pattern(r"(?:^|[\s:;(<'\"[#-])([45][0-5]\d)(?:[ -]|$|[\s#)\]:])")
_DAEMONS = ("mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster", "mailer_daemon", "mail delivery", "mdaemon",
            "mail-deamon", "mailerdemon")  # fmt: skip
_MACHINES = ("system admin", "systemadmin", "noreply", "no-reply", "gateway", "antivirus", "imss", "mta@")
_SUBJECTS = pattern(
    r"(?i)(undeliver|non[- ]?deliver|not delivered|returned mail|delivery (status|fail|notif|problem|"
    r"error|report|has)"
    r"|failure notice|mail delivery|delivery.{0,20}(fail|delay)|mail (system )?error|fail(ed|"
    r"ure) .{0,30}(deliver|mail)"
    r"|could not be delivered|unable to deliver|warning: (could not|message)|user unknown|returned to sender"
    r"|не ?доставлен|недоставлен|не может быть доставлен|ошибка доставки|unzustellbar|nicht zustellbar|rejected mail"
    r"|message (status|delay|not)|mail could not|bounced? mail|mail failure|returned message|nondeliverable)"
)
_PASSED_ON = pattern(r"(?i)^\s*(?:re|fwd?|fw|aw|wg|ответ|отв|пересл\pL*|пс)\s?(?:\[\d+\])?\s?:")
_STATEMENT = pattern(
    r"(?i)^(?:(?:your|the|this|a) (?:e-?mail|message|letter|mail) (?:could|can|was|has)\s?(?:not|n't) "
    r"(?:been |be )?delivered"
    r"|delivery to the following (?:recipient|address)|(?:votre|le) (?:message|courriel) n'a pas pu [eê]tre d[ée]livr"
    r"|(?:ваше |это )?(?:письмо|сообщение) не (?:был[оа] |может быть |удалось )?доставлен\pL*"
    r"|(?:ihre|die) nachricht konnte nicht zugestellt)\P{L}?.{0,60}$"
)
_ORIGINAL = pattern(
    r"(?im)^(?:[ >|-]*-{2,}.{0,40}(?:original|copy of|returned|unsent|undelivered|message header|"
    r"below this line|copie|"
    r"исходн|kopie|unzustellbar).{0,60}$|[ >]*(?:received|return-path): .{0,400}$|"
    r"[ -]*(?:original|returned|unsent) message (?:follows|header|text|header(?:s)?|body)\W{0,10}.{0,40}$|"
    r".{0,60}(?:message headers? follow|headers of the (?:original )?message|copy of the message|"
    r"content of the message|text of your message|original message (?:header|is|was)|message text follows|"
    r"your message follows).{0,60}$)"
)
# The words of a server that refuses, or of one that tells of it.
_SAID = pattern(
    r"(?im)(\b(?:said|smtp|remote server|reply|response|rcpt to)\b.{0,80}\b[45][0-5]\d[ -]|"
    r"^\s{0,8}[45][0-5]\d[ -]\d\.\d)"
)
_NOT_THROUGH = pattern(
    r"(?i)(undeliver|(?:not|n't|never|cannot) (?:be )?(?:been )?deliver|deliver\w* .{0,20}(?:fail|error)|"
    r"unknown (?:user|recipient|address)|(?:user|recipient|mailbox|address) .{0,20}(?:unknown|not found|full|disabled)|"
    r"не (?:был[оа]? |может быть |удалось )?достав|недостав|returned to sender|over quota)"
)
_MESSAGE_ID = pattern(r"(?im)^[ >\t|]*(?:original-)?message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,500}>)")


_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})


@dataclass(frozen=True)
class Recipient:
    """What happened to one address of a letter of ours."""

    address: str
    action: str = "failed"  # failed, delayed, delivered, relayed, expanded; of a receipt: displayed, delivered
    status: str = ""  # RFC 3463, for example 5.1.1
    reply: str = ""  # SMTP reply code, for example 550
    diagnostic: str = ""

    @property
    def permanent(self) -> bool:
        """Whether trying again is useless."""
        return self.action == "failed" and not self.status.startswith("4")


@dataclass(frozen=True)
class Report:
    """A letter in which a mail server speaks of a letter of ours."""

    kind: str  # delivery, receipt (it was read), complaint (marked as spam)
    recipients: tuple[Recipient, ...] = ()
    original_message_id: str = ""


def read(root: Part, *, text: str, author: Address) -> Report | None:
    """The report a letter holds, None when it is an ordinary letter.

    Args:
        root: its top part. text: its readable text. author: its From.
    """
    machine = [part for part in root.walk() if part.type.endswith("delivery-status")]
    kind = _other_kind(root)
    suspicious = bool(machine) or _looks_like_report(root, author, text)
    if not suspicious and not kind:
        return None
    text = text[:MAX_REPORT]
    nested = _original(root, text)
    found = _unique([one for part in machine for one in _from_fields(_groups(part))][:MAX_RECIPIENTS])
    if not machine:
        found = _report_within(root) or _report_in_words(text)
    if not any(one.address for one in found):
        found = _from_text(root, text, found, author)
    if kind:
        seen = [replace(one, action=_disposition(root)) for one in found] if kind == "receipt" else found
        return Report(kind, tuple(seen), nested)
    if not found and not (machine or root.parameters.get("report-type") == "delivery-status"):
        return None
    story = _story(text)
    shares = dict(_shares(story, [one.address for one in found if one.address in story]))
    said = _said_of_all(story, shares)
    told = tuple(_explained(one, shares.get(one.address, said), said) for one in found)
    return Report("delivery", told, nested)


def _report_within(root: Part) -> list[Recipient]:
    """Recipients of a standard report that some gateway wrapped into a letter of its own."""
    for part in root.walk():
        if part.type == "message/rfc822":
            try:
                inner = structure.read(part.content)
            except LimitExceeded:
                return []
            return _unique(
                one
                for leaf in inner.walk()
                if leaf.type.endswith("delivery-status")
                for one in _from_fields(_groups(leaf))
            )[:MAX_RECIPIENTS]
    return []


def _report_in_words(text: str) -> list[Recipient]:
    """Recipients of a standard report whose fields some gateway pasted into the text."""
    groups = [group for group in _groups_of(text.encode()) if "final-recipient" in group and "status" in group]
    return _unique(_from_fields(groups))[:MAX_RECIPIENTS]


def _other_kind(root: Part) -> str:
    for part in root.walk():
        if part.type == "message/disposition-notification":
            return "receipt"
        if part.type == "message/feedback-report":
            return "complaint"
    return ""


def _disposition(root: Part) -> str:
    """What a reader's program tells (RFC 8098 §3.2.6): it was displayed, or it arrived and was not."""
    for part in root.walk():
        if part.type == "message/disposition-notification":
            told = [group["disposition"] for group in _groups(part) if "disposition" in group]
            return "displayed" if not told or "displayed" in told[0].lower() else "delivered"
    return "delivered"


def _looks_like_report(root: Part, author: Address, text: str) -> bool:
    """Whether the words of a report may be believed: only a machine writes one, people quote them."""
    if root.first("x-failed-recipients") or root.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    if headers.parameters(root.first("auto-submitted"))[0] == "auto-replied" and not _is_daemon(author):
        return False
    path = root.first("return-path").strip().lower()
    null = path == b"<>" or b"mailer-daemon" in path
    subject = headers.decode(root.first("subject"))
    if _is_daemon(author):
        if bool(_SUBJECTS.search(subject)) and not _PASSED_ON.search(subject):
            return True
        return not root.first("in-reply-to") and (null or _speaks_of_a_failure(root, text))
    if bool(_SUBJECTS.search(subject)) and (null or not author.address):
        return True
    if bool(_SUBJECTS.search(subject)) and not root.first("in-reply-to") and _says_nothing_else(text):
        return True
    machine = any(word in f"{author.name} {author.address}".lower() for word in _MACHINES)
    if not machine or root.first("in-reply-to") or _PASSED_ON.search(subject):
        return False
    if not _FAILING.search(text[:MAX_REPORT]):
        return False
    return bool(_SUBJECTS.search(subject)) or any(part.type == "message/rfc822" for part in root.walk())


def _speaks_of_a_failure(root: Part, text: str) -> bool:
    """Whether it tells what became of a letter: administrators write from postmaster too, about printers."""
    if any(part.type in ("message/rfc822", "text/rfc822-headers") for part in root.walk()):
        return True
    story = text[:MAX_REPORT]
    return any(bool(one.search(story)) for one in (_FAILING, _STATUS, _ORIGINAL, _SAID, _NOT_THROUGH))


def _says_nothing_else(text: str) -> bool:
    """Whether every line states that a letter was not delivered, or is the address it was for: no person's letter."""
    lines = [line.strip() for line in text[:MAX_REPORT].split("\n") if any(char.isalnum() for char in line)]
    if not 2 <= len(lines) <= 20:
        return False
    stated = [bool(_STATEMENT.search(line)) for line in lines]
    alone = [bool(_ADDRESS.fullmatch(line.strip("<> \t"))) for line in lines]
    return stated[0] and any(alone) and all(map(max, stated, alone))


def _is_daemon(author: Address) -> bool:
    who = f"{author.name} {author.address}".lower()
    return any(name in who for name in _DAEMONS)


# -- the machine part --------------------------------------------------------------------------------------------------
_RECIPIENTS = ("final-recipient", "original-recipient")


def _groups(part: Part) -> Iterator[dict[str, str]]:
    """Fields of each group of a delivery-status part."""
    yield from _groups_of(part.content[:MAX_REPORT].replace(b"\r\n", b"\n").replace(b"\r", b"\n"))


def _groups_of(body: bytes) -> Iterator[dict[str, str]]:
    """Groups of fields: empty lines stand between them, or were lost, and the next recipient begins the next one."""
    for block in body.split(b"\n\n"):
        group: dict[str, str] = {}
        name = ""
        for line in block.split(b"\n"):
            text = charsets.decode(line)
            if text[:1] in (" ", "\t") and name:
                group[name] += " " + text.strip()
            else:
                key, colon, value = text.partition(":")
                if colon:
                    name = key.strip().lower()
                    if name in _RECIPIENTS and name in group:
                        yield group
                        group = {}
                    group.setdefault(name, value.strip())
        if group:
            yield group


def _address_in(value: str) -> str:
    """Address of a field such as "rfc822; olga@clinic.example"."""
    value = value.rpartition(";")[2].strip()
    match = _ADDRESS.search(value)
    if match:
        return str(match.group(0))
    return value.strip("<>\"' ")[:320] if value and " " not in value else ""


def _from_fields(groups: Iterable[dict[str, str]]) -> Iterator[Recipient]:
    for group in groups:
        if not group.keys() & {*_RECIPIENTS, "action", "status"}:
            continue
        original, final = (_address_in(group.get(f"{name}-recipient", "")) for name in ("original", "final"))
        address = original if "@" in original else final or original
        if not address:
            address = _address_in(group.get("x-actual-recipient", ""))
        diagnostic = group.get("diagnostic-code", "")
        status = _STATUS.search(group.get("status", ""))
        words = group.get("action", "").lower().split()
        yield _completed(
            Recipient(
                address=address,
                action=words[0].strip("()") if words and words[0].strip("()") in _ACTIONS else "failed",
                status=status[1] if status else "",
                diagnostic=diagnostic[:MAX_DIAGNOSTIC],
            )
        )


def _completed(one: Recipient) -> Recipient:
    """Fill what the diagnostic says and the fields do not; a general status gives way to a particular one.

    The code of the server that refused counts more than the one by which ours sums it up, if both are of one class.
    """
    reply = one.reply or _reply_in(one.diagnostic)
    status = one.status
    told = _status_in(one.diagnostic)
    first = _TRANSPORT.search(one.diagnostic)
    if told and (not status or (_vague(status) and not told.endswith(".0.0"))):
        status = told
    elif first and first[1][0] == status[0] and not _vague(first[1]):
        status = first[1]
    return replace(one, reply=reply, status=status)


def _vague(status: str) -> bool:
    """A status that names no particular trouble: x.y.0, or 4.4.7, "we gave up"."""
    return status.endswith(".0") or status == "4.4.7"


def _status_in(text: str) -> str:
    """The first status that names a trouble, else the first at all."""
    found = [match[1] for match in _STATUS.finditer(text)]
    return next((one for one in found if not _vague(one)), found[0] if found else "")


def _reply_in(text: str) -> str:
    match = _REPLY.search(text)
    return match[1] if match else ""


def _unique(found: Iterable[Recipient]) -> list[Recipient]:
    kept: dict[str, Recipient] = {}
    for one in found:
        kept.setdefault(one.address.lower(), one)
    if len(kept) > 1:
        kept.pop("", None)
    return list(kept.values())


# -- reports written for people ----------------------------------------------------------------------------------------
def _story(text: str) -> str:
    """What the server says, without the letter it sends back."""
    match = _ORIGINAL.search(text)
    if match and match.start() > 20:
        return text[: match.start()]
    return text


def _from_text(root: Part, text: str, told: list[Recipient], author: Address) -> list[Recipient]:
    domain = author.address.rpartition("@")[2]
    story = _story(text)
    named = [
        match.group(0)
        for value in root.every("x-failed-recipients")
        for match in _ADDRESS.finditer(headers.decode(value))
    ]
    story = story.replace("SMTP=", " ").replace("smtp=", " ")
    addresses = named or _blamed(story, _innocent(root), domain)
    addresses = addresses or _blamed(story, _innocent(root, only=("from", "sender")), domain)
    base = told[0] if told else Recipient("")
    if not addresses:
        return [replace(base, diagnostic=base.diagnostic or story[:MAX_DIAGNOSTIC])]
    return _unique(
        _completed(replace(base, address=address, diagnostic=base.diagnostic or words))
        for address, words in _shares(story, addresses[:MAX_RECIPIENTS])
    )


def _shares(story: str, addresses: list[str]) -> Iterator[tuple[str, str]]:
    """Each address with the words that speak of it: from its line to the line of the next one."""
    distinct = list(dict.fromkeys(addresses))
    if not distinct:
        return
    if len(distinct) == 1:
        yield distinct[0], story[:MAX_DIAGNOSTIC]
        return
    places = sorted((story.find(address), address) for address in distinct)
    for (start, address), following in zip(places, [*[place for place, _ in places[1:]], len(story)], strict=True):
        start = story.rfind("\n", 0, max(start, 0)) + 1
        end = story.rfind("\n", 0, following) + 1 if following < len(story) else following
        yield address, story[start : max(end, start)][:MAX_DIAGNOSTIC]


def _said_of_all(story: str, shares: dict[str, str]) -> str:
    """What is said of none in particular: what befell one address is not told of another."""
    if len(shares) < 2:
        return story
    return story[: min(max(0, story.find(address)) for address in shares)]


_SPEAKERS = ("from", "to", "reply-to", "sender", "delivered-to", "x-original-to")


def _innocent(root: Part, only: Iterable[str] = _SPEAKERS) -> set[str]:
    """Addresses a report mentions without blaming them: its writer, its reader."""
    found = set()
    for name in only:
        for value in root.every(name):
            found |= {match.group(0).lower() for match in _ADDRESS.finditer(value.decode("latin-1"))}
    return found


_PLACES = (  # (where a failing address stands, whether even our own address is meant when it stands there)
    (pattern(r"(?i)^\W{0,6}<(?P<a>[^\s<>]+@[^\s<>]+)>\s*:"), True),  # Postfix, qmail
    (pattern(r"(?i)^\W{0,6}<?(?P<a>[^\s<>]+@[^\s<>:]+)>?\s?:\s*$"), True),
    (pattern(r"(?i)^\W{0,6}<?(?P<a>[^\s<>]+@[^\s<>]+?)>?\W{0,3}$"), False),  # alone on its line
    (
        pattern(
            r"(?i)(?:(?:recipient|user|rcpt to|mailbox|address|to|name|deliver\w*)\b|кому|получател\pL*|адрес\pL*)"
            r"[^@]{0,40}?[\s:<\"'(](?P<a>[^\s<>\"'();:,]+@[^\s<>\"'();,]+)"
        ),
        False,
    ),
)
_LOCAL_NAME = pattern(r"^[ \t]+<?(?P<name>[A-Za-z0-9][A-Za-z0-9_.+-]{1,63})>?(?:[ \t]{2,}\S.{0,200})?$")
_FAILING = pattern(
    r"(?i)(did not reach|(?:was )?not delivered to|could not be delivered to|following (?:recipient|address|"
    r"user|destination)|"
    r"fatal errors|permanent errors?|unable to deliver|следующ\pL+ (?:получател|адресат|адрес)|"
    r"не доставлено|konnte nicht)"
)


def _blamed(story: str, innocent: set[str], domain: str) -> list[str]:
    turn = _FAILING.search(story)
    if turn and _ADDRESS.search(story, turn.end()):
        story = story[turn.start() :]
    lines = story.split("\n")[:2_000]
    if found := _local_names(lines, domain):
        return found
    for place, sure in _PLACES:
        found = []
        for line in lines:
            match = place.search(line[:1_000])
            address = _ADDRESS.search(match["a"]) if match else None
            if address and not _nobody(address.group(0)) and (sure or address.group(0).lower() not in innocent):
                found.append(address.group(0))
        if found:
            return found
    rest = [match.group(0) for match in _ADDRESS.finditer(story)]
    guilty = [one for one in rest if one.lower() not in innocent and not _nobody(one)]
    return guilty[:1]


def _local_names(lines: list[str], domain: str) -> list[str]:
    """Names without a domain, indented below "could not be delivered to:": people of the server that writes."""
    for place, line in enumerate(lines):
        if domain and line.rstrip().endswith(":") and _FAILING.search(" ".join(lines[max(0, place - 2) : place + 1])):
            below = [one for one in lines[place + 1 : place + 1 + MAX_RECIPIENTS] if one.strip()]
            names = [match["name"] for match in takewhile(bool, map(_LOCAL_NAME.search, below))]
            if names:
                return [f"{name}@{domain.lower()}" for name in names]
    return []


def _masked(address: str) -> bool:
    """Whether an archive hid the rest of the name: "olga...@clinic.example" reaches nobody."""
    return address.partition("@")[0].endswith("...")


def _nobody(address: str) -> bool:
    if _masked(address):
        return True
    local = address.lower().partition("@")[0]
    return local in ("postmaster", "mailer-daemon", "abuse", "helpdesk", "support", "hostmaster")


def _explained(one: Recipient, share: str, story: str) -> Recipient:
    """Complete a recipient from the words about it, then from the whole story."""
    diagnostic = one.diagnostic
    status = one.status
    if not status or status.endswith(".0.0"):
        told = _status_in(diagnostic) or _status_in(share) or _status_in(story)
        status = told if told and (not status or told[0] == status[0]) else status
    reply = one.reply or _reply_in(diagnostic) or _reply_in(share) or _reply_in(story)
    address = "" if _masked(one.address) else one.address
    action = "delayed" if one.action == "failed" and reasons.still_trying(story) else one.action
    if not status:
        status = f"{reply[0]}.0.0" if reply else reasons.status(action)
    diagnostic = diagnostic[:MAX_DIAGNOSTIC]
    return replace(one, address=address, status=status, reply=reply, diagnostic=diagnostic, action=action)


# -- the letter it speaks of -------------------------------------------------------------------------------------------
def _original(root: Part, text: str) -> str:
    """Message-ID of the returned letter, from its attached copy or from the one pasted into the text."""
    for part in root.walk():
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"):
            fields, _ = structure.split(part.content[: 256 * 1024], at_top=True)
            for name, value in fields:
                if name == "message-id" and (ids := headers.message_ids(value)):
                    return ids[0]
        elif part.type.endswith(("disposition-notification", "feedback-report", "delivery-status")):
            for group in _groups(part):
                if ids := headers.message_ids(group.get("original-message-id", "").encode("latin-1", "replace")):
                    return ids[0]
    match = _MESSAGE_ID.search(text)
    return match[1] if match else ""
