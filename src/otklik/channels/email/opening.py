"""What of a letter stands in the ticket that it opens: all of it, unless it answers something that was said before."""

from __future__ import annotations

from .attribution import MARKERS
from .message import Letter
from .patterns import pattern

_ANSWERS = pattern(
    r"(?i)^\W{0,3}(?:re|aw|antw|sv|vs|odp|ynt|ref|rif|res|ответ|отв|відповідь|回复|答复|回覆)\s?(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?[:：]"
)
_SENT_ON = pattern(
    r"(?i)^\W{0,3}(?:fwd?|fw|wg|tr|rv|enc|vl|vb|пересл|пересланное|пересл\.|пс|转发|轉寄)\s?(?:\[\d{1,3}\])?\s?[:：]"
)


def answers(letter: Letter) -> bool:
    """Whether it goes on with what was said before, so that its quote is known or at least not what it is about."""
    subject = letter.subject[:200]
    if _SENT_ON.search(subject):
        return False
    if any(marker in letter.text for marker in MARKERS):
        return True
    return bool(letter.in_reply_to or letter.references or _ANSWERS.search(subject))


def text_of(letter: Letter) -> str:
    """The words of a letter that opens a ticket.

    What a letter sent on holds, nobody here has read, and a letter that answers nothing quotes nobody: a form with
    "From:", a log with ">" are its own words. Only a signature is set aside.
    """
    cut = letter.cut
    return letter.text if cut.rest and not answers(letter) else cut.reply or letter.text
