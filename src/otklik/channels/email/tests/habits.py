"""How mail programs write an answer, Russian and English: the words above, the introduction, the former letter.

Each takes the new words, the former letter's text as its reader saw it, who wrote that and when; and gives the new
letter's plain text, or its HTML where the program writes HTML alone.
"""

from __future__ import annotations

import html as markup
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

DAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
SHORT = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
MONTHS = ("янв.", "февр.", "мар.", "апр.", "мая", "июн.", "июл.", "авг.", "сент.", "окт.", "нояб.", "дек.")
WHOLE = (
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября"),
    *("ноября", "декабря"),
)


@dataclass(frozen=True)
class Former:
    """The letter that is answered."""

    text: str
    name: str
    address: str
    at: datetime

    @property
    def marked(self) -> str:
        """With marks, as plain programs quote."""
        return "\n".join(f">{line}" if line.startswith(">") else f"> {line}" for line in self.text.split("\n"))

    @property
    def drawn(self) -> str:
        """As HTML: what was marked is drawn as quoted blocks are, by marks and breaks."""
        return markup.escape(self.text).replace("\n", "<br>")

    @property
    def short(self) -> str:
        """25 нояб. 2026 г."""
        return f"{self.at.day} {MONTHS[self.at.month - 1]} {self.at.year} г."

    @property
    def long(self) -> str:
        """25 ноября 2026 г."""
        return f"{self.at.day} {WHOLE[self.at.month - 1]} {self.at.year} г."

    @property
    def day(self) -> str:
        """Среда."""
        return DAYS[self.at.weekday()]


Habit = Callable[[str, Former], str]


def marked(introduction: Callable[[Former], str], *, stamp: str = "", below: str = "") -> Habit:
    """Words, an introduction, marked lines."""

    def write(text: str, former: Former) -> str:
        parts = (text, stamp, f"{introduction(former)}\n{former.marked}", below)
        return "\n\n".join(part for part in parts if part) + "\n"

    return write


def bare(introduction: Callable[[Former], str], *, stamp: str = "") -> Habit:
    """Words, an introduction, the former letter without marks."""

    def write(text: str, former: Former) -> str:
        return "\n\n".join(part for part in (text, stamp, introduction(former), former.text) if part) + "\n"

    return write


def bottom(introduction: Callable[[Former], str]) -> Habit:
    """The answer below what it quotes."""
    return lambda text, former: f"{introduction(former)}\n{former.marked}\n\n{text}\n"


def page(inner: Callable[[str, Former], str]) -> Habit:
    """HTML alone."""
    return lambda text, former: f"<html><body>{inner(markup.escape(text), former)}</body></html>"


def block(
    labels: tuple[str, str, str, str], date: Callable[[Former], str], *, mark: str = "", sep: str = "\n"
) -> Callable[[Former], str]:
    """Outlook's block of headers; ``mark`` stands on both sides of each label."""

    def write(former: Former) -> str:
        values = (f"{former.name} <{former.address}>", date(former), "support@desk.example", "RE: Принтер")
        return sep.join(f"{mark}{label}:{mark} {value}" for label, value in zip(labels, values, strict=True))

    return write


RU, RU_DATE = ("От", "Отправлено", "Кому", "Тема"), ("От", "Дата", "Кому", "Тема")
EN, EN_DATE = ("From", "Sent", "To", "Subject"), ("From", "Date", "To", "Subject")


def _html_block(labels: tuple[str, str, str, str], date: Callable[[Former], str]) -> Callable[[Former], str]:
    write = block(labels, date, mark="\0", sep="<br>")

    def drawn(former: Former) -> str:
        lines = (markup.escape(line) for line in write(former).split("<br>"))
        return "<br>".join(line.replace("\0", "<b>", 1).replace("\0", "</b>", 1) for line in lines)

    return drawn


_RU_OUTLOOK = _html_block(RU, lambda one: f"{one.day}, {one.long} {one.at:%H:%M}")
_EN_OUTLOOK = _html_block(EN, lambda one: f"{one.at:%A, %B %d, %Y %H:%M %p}")
_RU_MAC = _html_block(RU_DATE, lambda one: f"{one.day}, {one.long} в {one.at:%H:%M}")
RULE = "_" * 32


def _word(head: Callable[[Former], str]) -> Habit:
    return page(
        lambda text, former: (
            f"<div class=WordSection1><p class=MsoNormal>{text}<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
            f'<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal>{head(former)}</p></div>'
            f"<p class=MsoNormal>{former.drawn}</p></div>"
        )
    )


RUSSIAN: dict[str, Habit] = {
    "Gmail": marked(
        lambda one: f"{SHORT[one.at.weekday()]}, {one.short} в {one.at:%H:%M}, {one.name} <{one.address}>:\n"
    ),
    "Gmail Android": marked(
        lambda one: f"{SHORT[one.at.weekday()]}, {one.short}, {one.at:%H:%M} {one.name} <{one.address}>:\n"
    ),
    "Gmail, HTML": page(
        lambda text, one: (
            f'<div dir="ltr">{text}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
            f"{SHORT[one.at.weekday()]}, {one.short} в {one.at:%H:%M}, {one.name} &lt;"
            f'<a href="mailto:{one.address}">{one.address}</a>&gt;:<br></div>'
            f'<blockquote class="gmail_quote" style="margin:0"><div>{one.drawn}</div></blockquote></div>'
        )
    ),
    "Apple Mail": marked(lambda one: f"{one.short}, в {one.at:%H:%M}, {one.name} <{one.address}> написал(а):\n"),
    "Apple Mail, HTML": page(
        lambda text, one: (
            f'{text}<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>{one.short}, в '
            f"{one.at:%H:%M}, {one.name} &lt;{one.address}&gt; написал(а):</div><br><div>{one.drawn}</div>"
            "</blockquote></div><br>"
        )
    ),
    "iPhone": lambda text, one: (
        f"{text}\n\nОтправлено с iPhone\n\n"
        f"> {one.short}, в {one.at:%H:%M}, {one.name} <{one.address}> написал(а):\n> \n"
        f"> \ufeff{one.marked.removeprefix('> ')}\n"
    ),
    "Yandex": marked(lambda one: f'{one.at:%d.%m.%Y, %H:%M}, "{one.name}" <{one.address}>:'),
    "Yandex, HTML": page(
        lambda text, one: (
            f"<div>{text}</div><div>&nbsp;</div><div>----------------</div><div>Кому: Поддержка (support@desk.example);"
            f'</div><div>Тема: Принтер;</div><div>{one.at:%d.%m.%Y, %H:%M}, "{one.name}" &lt;{one.address}&gt;:</div>'
            f"<blockquote><p>{one.drawn}</p></blockquote>"
        )
    ),
    "Yandex, phone": bare(
        lambda one: f"{one.at:%d.%m.%Y, %H:%M}, {one.name} <{one.address}>:",
        stamp="-- \nОтправлено из мобильного приложения Яндекс Почты",
    ),
    "Mail.ru": marked(
        lambda one: f"{one.day.title()}, {one.long[:-3]}, {one.at:%H:%M} +03:00 от {one.name} <{one.address}>:\n"
    ),
    "Mail.ru, HTML": page(
        lambda text, one: (
            f'<div>{text}</div><div>&nbsp;</div><div data-signature-widget="container"><div>--<br>Отправлено из Почты '
            '<a href="https://mail.ru/">Mail</a></div></div><div>&nbsp;</div><blockquote style="border-left:1px solid '
            f'#0857A6">{one.day.title()}, {one.long[:-3]}, {one.at:%H:%M} +03:00 от {one.name} &lt;{one.address}&gt;:'
            f'<br>&nbsp;<div id=""><div class="js-helper js-readmsg-msg">{one.drawn}</div></div></blockquote>'
        )
    ),
    "Mail.ru, phone": marked(
        lambda one: f"{one.day.title()}, {one.long}, {one.at:%H:%M} +0300 от {one.address} <{one.address}>:",
        stamp="Отправлено из мобильной Почты Mail",
    ),
    "Thunderbird": marked(lambda one: f"{one.at:%d.%m.%Y %H:%M}, {one.name} пишет:"),
    "Thunderbird, old": marked(lambda one: f"{one.at:%d.%m.%Y %H:%M}, {one.name} писал(а):"),
    "Thunderbird, below": bottom(lambda one: f"{one.at:%d.%m.%Y %H:%M}, {one.name} пишет:"),
    "Roundcube": marked(lambda one: f"{one.name} писал {one.at:%Y-%m-%d %H:%M}:"),
    "Roundcube, a woman": marked(lambda one: f"{one.name} писал(а) {one.at:%d.%m.%Y %H:%M}:"),
    "The Bat": lambda text, one: (
        f"{text}\n\nВы писали {one.long}, {one.at:%H:%M:%S}:\n\n{one.marked}\n\n-- \nС уважением,\n Борис\n"
    ),
    "Evolution": marked(
        lambda one: f"В {SHORT[one.at.weekday()].title()}, {one.at:%d/%m/%Y в %H:%M} +0300, {one.name} пишет:"
    ),
    "KMail": marked(
        lambda one: f"В письме от {one.day}, {one.long} {one.at:%H:%M:%S} MSK пользователь {one.name} \nнаписал:"
    ),
    "Proton": marked(
        lambda one: f"{one.day}, {one.long} в {one.at:%H:%M}, {one.name} <{one.address}> пишет:\n",
        stamp="Отправлено с помощью Proton Mail.",
    ),
    "K-9": marked(
        lambda one: f'{one.long} {one.at:%H:%M:%S} GMT+03:00, "{one.name}" <{one.address}> пишет:',
        below="-- \nПростите за краткость, создано в K-9 Mail.",
    ),
    "написал/а": marked(lambda one: f"{one.long[:-3]}, {one.at:%H:%M} {one.name} ({one.address}) написал/а:"),
    "написал(-а)": marked(lambda one: f"{one.at:%d.%m.%Y в %H:%M} пользователь {one.name} написал(-а):"),
    "написала": bare(lambda one: f"{one.name} <{one.address}> написала {one.at:%d.%m.%Y в %H:%M}:"),
    "написал (а)": marked(lambda one: f"{one.at:%d.%m.%y %H:%M}, {one.name} написал (а):"),
    "написал(ла)": marked(lambda one: f"{one.day}, {one.long[:-3]}, {one.name} написал(ла):"),
    "Outlook": _word(_RU_OUTLOOK),
    "Outlook for Mac": _word(_RU_MAC),
    "Outlook on the web": page(
        lambda text, one: (
            f'<div class="elementToProof">{text}</div><div id="appendonsend"></div><hr style="width:98%">'
            f'<div id="divRplyFwdMsg"><font>{_RU_OUTLOOK(one)}</font><div>&nbsp;</div></div><div>{one.drawn}</div>'
        )
    ),
    "Outlook, a table": page(
        lambda text, one: (
            f"<p>{text}</p><hr><table><tr><td>От:</td><td>{one.name}</td></tr><tr><td>Отправлено:</td><td>"
            f"{one.at:%d.%m.%Y %H:%M}</td></tr><tr><td>Кому:</td><td>support</td></tr><tr><td>Тема:</td><td>Принтер"
            f"</td></tr></table><p>{one.drawn}</p>"
        )
    ),
    "Outlook, text": bare(
        lambda one: f"-----Исходное сообщение-----\n{block(RU, lambda it: f'{it.day}, {it.long} {it.at:%H:%M}')(one)}"
    ),
    "Outlook for iOS": bare(
        lambda one: f"{RULE}\n{block(RU, lambda it: f'{it.day}, {it.long} {it.at:%H:%M}')(one)}",
        stamp="Получить Outlook для iOS<https://aka.ms/o0ukef>",
    ),
    "Windows Mail": bare(
        block(RU, lambda one: f"{one.long} в {one.at:%H:%M}"), stamp="Отправлено из Почты для Windows"
    ),
    "Samsung": bare(
        lambda one: (
            "-------- Исходное сообщение --------\n"
            + block(RU_DATE, lambda it: f"{it.at:%d.%m.%Y %H:%M} (GMT+03:00)")(one)
        ),
        stamp="Отправлено с моего Galaxy",
    ),
    "Zimbra": bare(
        lambda one: (
            "----- Исходное сообщение -----\n"
            + block(("От", "Отправленные", "Кому", "Тема"), lambda it: f"{it.day.title()}, {it.long} {it.at:%H:%M:%S}")(
                one
            )
        )
    ),
    "stars": bare(lambda one: "-" * 20 + "\n" + block(RU, lambda it: f"{it.long} {it.at:%H:%M}", mark="*")(one)),
    "MyOffice": marked(lambda one: f'{one.long[:-3]} {one.at:%H:%M}, "{one.name}" <{one.address}> написал:\n'),
    "SOGo": marked(
        lambda one: f"{one.day.title()}, {one.long[:-3]} {one.at:%H:%M} MSK, {one.name} <{one.address}> писал:\n"
    ),
}
ENGLISH: dict[str, Habit] = {
    "Gmail": marked(
        lambda one: f"On {one.at:%a, %b %d, %Y at %I:%M}\u202f{one.at:%p} {one.name} <{one.address}> wrote:\n"
    ),
    "Gmail, broken": marked(lambda one: f"On {one.at:%a, %b %d, %Y at %I:%M %p} {one.name} <\n{one.address}> wrote:\n"),
    "Gmail, HTML": page(
        lambda text, one: (
            f'<div dir="ltr">{text}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On '
            f'{one.at:%a, %b %d, %Y at %I:%M %p} {one.name} &lt;<a href="mailto:x">{one.address}</a>&gt; wrote:<br>'
            f'</div><blockquote class="gmail_quote"><div>{one.drawn}</div></blockquote></div>'
        )
    ),
    "Apple Mail": marked(lambda one: f"On {one.at:%d %b %Y, at %H:%M}, {one.name} <{one.address}> wrote:\n"),
    "iPhone": lambda text, one: (
        f"{text}\n\nSent from my iPhone\n\n> On {one.at:%d %b %Y, at %H:%M}, {one.name} <{one.address}> wrote:\n> \n"
        f"> \ufeff{one.marked.removeprefix('> ')}\n"
    ),
    "Yahoo": bare(
        lambda one: f"    On {one.at:%A, %B %d, %Y at %I:%M:%S %p} GMT+3, {one.name} <{one.address}> wrote:  "
    ),
    "Thunderbird": marked(lambda one: f"On {one.at:%m/%d/%y %H:%M}, {one.name} wrote:"),
    "Thunderbird, below": bottom(lambda one: f"On {one.at:%m/%d/%y %H:%M}, {one.name} wrote:"),
    "Evolution": marked(lambda one: f"On {one.at:%a, %Y-%m-%d at %H:%M} +0300, {one.name} wrote:"),
    "Evolution, below": bottom(lambda one: f"On {one.at:%a, %Y-%m-%d at %H:%M} +0300, {one.name} wrote:"),
    "Proton": marked(
        lambda one: f"On {one.at:%A, %B %d}th, {one.at:%Y at %I:%M %p}, {one.name} <{one.address}> wrote:\n",
        stamp="Sent with Proton Mail secure email.",
    ),
    "Mutt": marked(lambda one: f"* {one.name} <{one.address}> [{one.at:%Y-%m-%d %H:%M}]:"),
    "Gnus": marked(lambda one: f"{one.name} <{one.address}> writes:\n"),
    "Outlook": _word(_EN_OUTLOOK),
    "Outlook, text": bare(
        lambda one: f"-----Original Message-----\n{block(EN, lambda it: f'{it.at:%A, %B %d, %Y %I:%M %p}')(one)}"
    ),
    "Outlook, nothing but the line": bare(lambda one: "-----Original Message-----"),
    "Outlook for Android": bare(
        lambda one: f"{RULE}\n{block(EN, lambda it: f'{it.at:%A, %B %d, %Y %I:%M:%S %p}')(one)}",
        stamp="Get Outlook for Android<https://aka.ms/AAb9ysg>",
    ),
    "Outlook for Mac": _word(_html_block(EN_DATE, lambda one: f"{one.at:%A, %d %B %Y at %H:%M}")),
    "Samsung": bare(
        lambda one: (
            "-------- Original message --------\n"
            + block(EN_DATE, lambda it: f"{it.at:%d/%m/%Y %H:%M} (GMT+03:00)")(one)
        ),
        stamp="Sent from my Galaxy",
    ),
}
