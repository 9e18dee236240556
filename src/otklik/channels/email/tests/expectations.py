"""What the collected mails are known to hold, compared field by field with what `parse` makes of them.

Where an expectation is the habit of the library it was taken from, the rule stands here with its reason; single
differences that remain are listed in docs/mail.md.
"""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from otklik.channels.email import html_text, quoting
from otklik.channels.email.message import Letter

_REPLY_MARK = re.compile(r"^(?:(?:re|fwd?|aw|ответ)\s*:\s*)+", re.IGNORECASE)


@dataclass
class Score:
    """Right and stated cases of each field, and those that differ."""

    right: Counter[str] = field(default_factory=Counter)
    stated: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[tuple[str, Any, Any]]] = field(default_factory=lambda: defaultdict(list))

    def compare(self, what: str, file: str, expected: Any, got: Any, *, same: bool | None = None) -> None:
        """Count one case; texts are compared without regard to white space."""
        self.stated[what] += 1
        if (plain(expected) == plain(got)) if same is None else same:
            self.right[what] += 1
        else:
            self.wrong[what].append((file, expected, got))

    def share(self, what: str) -> float:
        """Right cases of all that state it."""
        return self.right[what] / self.stated[what]


def plain(text: Any) -> str:
    """Text with its white space made one blank."""
    return " ".join(str(text or "").split())


def subject(score: Score, file: str, expected: str | None, letter: Letter) -> None:
    """A subject; U+FFFD in the expectation means that the library could not read it, so it states nothing."""
    if expected is None or "\ufffd" in expected:
        return
    expected = expected.replace("\\r\\n", "")
    score.compare("subject", file, expected, letter.subject)


def words_match(expected: str, got: str, share: float = 0.93) -> bool:
    """Whether nearly all words of the expectation are there, links aside: libraries draw pages differently."""
    bare = re.sub(r"\([a-z]*:?//[^)]*\)", " ", expected)
    wanted, found = Counter(re.findall(r"\w+", bare)), Counter(re.findall(r"\w+", got))
    return sum((wanted & found).values()) >= share * sum(wanted.values())


def compare(score: Score, row: dict[str, Any], letter: Letter) -> None:
    """Compare one letter with all expectations of its manifest line."""
    for one in row["expected"]:
        source = one["from"].split()[0]
        judge = {
            "parsed_fields": imap_tools if source.startswith("ikvk") else zbateson,
            "helpdesk_article": zammad,
            "subject": lambda score, file, data, letter: subject(score, file, data["subject"], letter),
            "decoded": decoded,
            "plain_text_rendering": libetpan_text,
            "mime_structure_json": libetpan if source.startswith("dinhvh") else stalwart,
            "mime_structure_xml": mime4j,
            "reply_text": reply_text,
            "bounce_status": bounce_status,
            "bounce_addresses": bounce_addresses,
        }[one["kind"]]
        judge(score, row["file"], one["data"], letter)


def imap_tools(score: Score, file: str, data: dict[str, Any], letter: Letter) -> None:
    """All fields. Its text of a letter joins the texts of letters sent on inside, ours is the letter's own."""
    subject(score, file, data["subject"], letter)
    score.compare("sender", file, data["from_"], letter.author.address)
    if data["from_values"]:
        score.compare("name", file, data["from_values"][0], letter.author.name)
    if isinstance(data["text"], str) and data["text"].strip() and not _holds_letter(data["attachments"]):
        score.compare("text", file, data["text"], letter.text)
    digests = Counter(one["sha256"] for one in data["attachments"] if one["content_type"] != "message/rfc822")
    ours = Counter(one.sha256 for one in letter.attachments if one.type != "message/rfc822")
    score.compare("attachments", file, data["attachments"], letter.attachments, same=digests == ours)


def _holds_letter(attachments: list[dict[str, Any]]) -> bool:
    return any(one["content_type"] == "message/rfc822" for one in attachments)


def zbateson(score: Score, file: str, data: dict[str, Any], letter: Letter) -> None:
    """Sender, receiver, subject, whether there is text, number of files."""
    subject(score, file, data.get("subject"), letter)
    if "from" in data:
        score.compare("sender", file, data["from"][1], letter.author.address)
        score.compare("name", file, data["from"][0], letter.author.name)
    if data.get("has_text"):
        score.compare("text", file, "some", letter.text, same=bool(letter.text.strip()))
    if "attachments" in data:
        same = data["attachments"] == len(letter.attachments)
        score.compare("attachments", file, data["attachments"], letter.attachments, same=same)


def zammad(score: Score, file: str, data: dict[str, Any], letter: Letter) -> None:
    """Sender, subject, files; "message.html" is what Zammad itself attaches to every HTML letter."""
    subject(score, file, data.get("subject"), letter)
    if data.get("from_email"):
        score.compare("sender", file, data["from_email"].lower(), letter.author.address.lower())
    if "attachments" in data:
        expected = [one for one in data["attachments"] if one["filename"] != "message.html"]
        same = len(expected) == len(letter.attachments)
        score.compare("attachments", file, expected, letter.attachments, same=same)


def decoded(score: Score, file: str, data: dict[str, Any], letter: Letter) -> None:
    """Subject and body decoded by hand."""
    subject(score, file, data["subject"], letter)
    score.compare("text", file, data["body"], letter.text)


def libetpan_text(score: Score, file: str, data: str, letter: Letter) -> None:
    """Rendered text; its subject lacks "Re:", its text is that of the HTML where there is one, attachments drawn in."""
    head, _, body = data.partition("\n\n")
    fields = dict(line.partition(": ")[::2] for line in head.split("\n"))
    if stated := fields.get("Subject"):
        score.compare("subject", file, _REPLY_MARK.sub("", stated), _REPLY_MARK.sub("", letter.subject))
    if address := re.search(r"<([^>]*)>", fields.get("From", "")):
        score.compare("sender", file, address[1], letter.author.address)
    body = body.split("\n- ")[0]
    if body.strip():
        rendered = html_text.text_of(letter.html) if letter.html else ""
        score.compare(
            "text", file, body, letter.text, same=any(words_match(body, one) for one in (letter.text, rendered))
        )


def libetpan(score: Score, file: str, data: dict[str, Any], letter: Letter) -> None:
    """Sender and subject of another parser."""
    subject(score, file, data["header"].get("subject"), letter)
    if "from" in data["header"]:
        score.compare("sender", file, data["header"]["from"].get("mailbox", ""), letter.author.address)


def stalwart(score: Score, file: str, data: dict[str, Any], letter: Letter) -> None:
    """Sender and subject, and files that are no text; broken multiparts have no right answer and are left out."""
    for one in data["parts"][0]["headers"]:
        if one["name"] == "subject" and isinstance(one["value"], dict):
            subject(score, file, one["value"].get("Text"), letter)
        if one["name"] == "from" and isinstance(one["value"], dict) and "List" in one["value"].get("Address", {}):
            score.compare(
                "sender", file, one["value"]["Address"]["List"][0].get("address") or "", letter.author.address
            )
    if "malformed" in file:
        return
    texts = [data["parts"][place]["body"] for place in data["text_body"]]
    texts = [one["Text"] for one in texts if isinstance(one, dict) and "Text" in one]
    if texts and len(texts) == len(data["text_body"]):
        score.compare("text", file, "\n".join(texts), letter.text, same=words_match("\n".join(texts), letter.text))
    types = Counter(
        one["value"]["ContentType"]["c_type"].lower()
        for place in data["attachments"]
        for one in data["parts"][place]["headers"]
        if one["name"] == "content_type" and isinstance(one["value"], dict)
    )
    ours = Counter(one.type.partition("/")[0] for one in letter.attachments)
    for kind in ("text", "message"):
        types.pop(kind, None)
        ours.pop(kind, None)
    score.compare("attachments", file, dict(types), dict(ours), same=types == ours)


def mime4j(score: Score, file: str, data: str, letter: Letter) -> None:
    """Subject as it stands in the header; encoded ones are not decoded there and state nothing."""
    found = re.search(r"<field>\s*Subject:(.*?)</field>", data.partition("</header>")[0], re.DOTALL)
    if found and found[1].isascii() and "=?" not in found[1]:
        subject(score, file, html.unescape(found[1]), letter)


def reply_text(score: Score, file: str, data: str, letter: Letter) -> None:
    """The reply of a letter, its signature allowed."""
    score.compare("reply", file, data, letter.cut.reply, same=reply_matches(data, letter.cut))


def reply_matches(expected: str, cut: quoting.Cut) -> bool:
    """Whether a reply is right, with or without its signature: the libraries differ in that."""
    return plain(expected) in (plain(cut.reply), plain(cut.reply + "\n" + cut.signature))


def bounce_status(score: Score, file: str, data: list[dict[str, Any]], letter: Letter) -> None:
    """Status of each recipient. sisimai's own n.0.9xx stands for "no status in the mail": then the class must agree."""
    stated = [one["dsn"] for one in data if one["reason"] != "vacation"]
    if not stated:
        return
    found = [one.status for one in letter.report.recipients] if letter.report else []
    same = all(any(_same_status(one, got) for got in found) for one in stated)
    score.compare("bounce", file, stated, found, same=same)
    score.compare("bounce status", file, stated, found, same=same)


def _same_status(expected: str, got: str) -> bool:
    made_up = re.fullmatch(r"\d\.0\.9\d\d", expected)
    return bool(got) and (expected[0] == got[0] if made_up else expected == got)


def bounce_addresses(score: Score, file: str, data: dict[str, Any], letter: Letter) -> None:
    """Failing addresses, all of them and no other; a recipient whose name the report hides is none."""
    found = {one.address.lower() for one in letter.report.recipients if one.address} if letter.report else set()
    expected = {one.lower() for one in data["failed"]}
    score.compare("bounce", file, expected, found, same=expected == found)
    score.compare("bounce addresses", file, expected, found, same=expected == found)
