"""Lines by which mail programs introduce what they quote, in the languages our writers and their partners use."""

from __future__ import annotations

from .patterns import pattern
from .wordlists import listed

# Lines our own letters carry; text above is the answer (domain.md §10.3).
MARKERS = ("## — Ответьте выше этой строки — ##", "## — Please reply above this line — ##")

MAX_JOINED = 600  # characters of an introduction broken over several lines
_MARKER = pattern(
    r"(?i)(##[-– —=]{1,20}.{0,80}(reply above|ответ\pL* выше|пишите.{0,20}выше|type your reply).{0,60}[-– —=]{0,20}##"
    r"|^[-– —=_#* ]{2,}\s*(?:please )?(?:reply|type your reply|write your reply|respond) above (?:this|the) line)"
)
_WROTE = (
    r"(?:wrote|writes|said|schrieb|schreef|skrev|scrisse|ha scritto|escribió|escreveu|a écrit|napisał(?:a|\(a\))?|"
    r"kirjoitti|írta|napsal(?:a|\(a\))?|geschreven|написал(?:а|и|\(а\)|/а)?|пишет|писал(?:а|\(а\))?|"
    r"пишете|написа|написав(?:\(ла\))?|пише|"
    r"sent|yazdı|escribi[oó]|skrifaði|viết|写道|写了|のメール|wrote the following|написал\(-а\)|wrote this message)"
)
_ENDS = pattern(rf"(?i)(?:^|[\s>*_\"'])(?:{_WROTE})(?:[^:\n：]|:\d){{0,120}}\s?[:：]\W{{0,3}}$")
_ENDS_WITHOUT_COLON = pattern(r"(?i)^\W{0,3}(?:On|Le|El|Am|Op) .{6,300}(?:wrote|a écrit|escribió|schrieb)\W{0,4}$")
_ON = pattern(
    r"(?i)^[\s>*_]{0,6}(?:on|le|el|em|am|il|op|den|il giorno|dnia|w dniu|dne|a|em|в|вс|пн|вт|ср|чт|пт|сб|"
    r"понедельник|вторник|среда|четверг|пятница|суббота|воскресенье)[\s,.:]"
)
_WEEKDAY = pattern(
    r"(?i)^\W{0,6}(?:on |le |el |am )?(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|"
    r"понед|втор|сред|четв|пятн|субб|воскр)"
)
_DATED = pattern(r"(?i)(\d{1,4}[./年-]\s?\d{1,2}|\b(?:19|20)\d\d\b|\d{1,2}:\d\d|\b\d{1,2}(?:st|nd|rd|th)?\b)")
_PERSON = pattern(r"(?i)([^\s<>@]{1,100}@[^\s<>@]{1,100}|<[^<>]{3,200}>|\[mailto:)")
_DATE_ADDRESS = pattern(
    r"^\W{0,4}\d{4}[-./]\d{1,2}[-./]\d{1,2}.{0,60}(?:<[^<>\s]+@[^<>\s]+>|[^\s<>]+@[^\s<>]+)\W{0,3}:?$"
)
_DATE_CLOCK_ADDRESS = pattern(
    r"^\W{0,4}\d{1,2}[./]\d{1,2}[./]\d{2,4},? \d{1,2}:\d\d.{0,80}<[^<>\s]+@[^<>\s]+>?\W{0,3}$"
)
_BETWEEN_DASHES = pattern(r"^-{3,}\s?(\S.{3,300}?)\s?-{3,}$")
_GMAIL_DATE = pattern(r"^\W{0,4}\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d{1,2}:\d\d \S.{0,100}$")
_YEAR = pattern(r"\b(?:19|20)\d\d\b|\d\d?[./]\d\d?[./]\d\d\b")
_CLOCK = pattern(r"\d{1,2}[:.]\d\d")
_NAME = pattern(r"^\W{0,3}\p{Lu}[\pL.'-]*(?: \p{Lu}[\pL.'-]*){0,4}$")
_DIVIDER = pattern(
    r"(?i)^[\s>*_]{0,6}(?:[-–—_*=~]{2,}\s{0,3}(?:\S.{0,3}\s)?(?:original(?:e|nachricht)?(?: message|"
    r" e-?mail| appointment)?|"
    r"ursprüngliche nachricht|oprindelig besked|ursprungligt meddelande|opprinnelig melding|"
    r"message d'origine|message original|mensaje original|"
    r"mensagem original|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|"
    r"doorgestuurd bericht|alkuperäinen viesti|"
    r"původní zpráva|eredeti üzenet|wiadomość oryginalna|исходное сообщение|исходное письмо|оригинальное сообщение|"
    r"пересылаемое сообщение|пересланное сообщение|конец пересылаемого сообщения|пересланное письмо|"
    r"переадресованное сообщение|"
    r"forwarded (?:message|by)|weitergeleitete nachricht|message transféré|mensaje reenviado|"
    r"mensagem encaminhada|reply message|"
    r"videresendt besked|reply separator|оригінальне повідомлення|переслане повідомлення|reply to message|"
    r"прикреплённое сообщение)"
    r".{0,60}?[-–—_*=~]{2,}.{0,80}"
    r"|begin forwarded message\s?:|начало (?:пересланного|переадресованного) сообщения\s?:|"
    r"anfang der weitergeleiteten nachricht\s?:"
    r"|début du message (?:transféré|réexpédié)\s?:|inicio del mensaje reenviado\s?:)\W{0,4}$"
)
_LABEL = pattern(r"^[\s>|*_]{0,8}\*{0,2}([\pL][\pL\-' .]{0,24}?)\s?\*{0,2}\s?[:：]\s?\*{0,2}(?:\s|$|\S)")
# Labels of quoted header blocks: the sender, and all the others.
_FROM = listed(
    """
    da; de; desde; expéditeur; feladó; fra; from; från; gesendet von; kimden; lähettäjä; od; remitente; van;
    von; від; кого; от; от кого; отправитель; 发件人; 寄件者; 差出人; 보낸사람;
    """
)
_OTHER = listed(
    """
    a; aan; aihe; an; assunto; asunto; attachments; bcc; betreff; cc; cc to; copia; copie à; címzett; cópia;
    data; date; date d'envoi; dato; datum; destinataire; destinatario; destinatário; do; elküldve; emne; enviada
    em; enviado; enviado el; enviado em; envoyé; envoyé le; fecha; from; gesendet; gönderilen; importance;
    inviato; kime; komu; konu; kopia; lähetetty; message du; objet; odesláno; oggetto; onderwerp; para;
    päivämäärä; předmět; received; reply to; reply-to; response; risposta; sendt; sent; skickat; subject; sujet;
    tarih; temat; til; till; to; tárgy; vastaanottaja; verzonden; when; wysłano; x-mailer; à; ämne; важность;
    вложения; дата; кому; копия; надіслано; от; ответить; отправлен; отправлено; получатель; послано; тема; тема
    листа; 主题; 件名; 发送时间; 宛先; 收件人; 日期; 送信日時;
    """
)
_RULE = pattern(r"^\W{0,2}[_\-–—=*~]{3,}\W{0,2}$|^\W*[_\-–—=*~]{5,}\W*$")


def is_marker(line: str) -> bool:
    """Whether this is the line of our letters above which answers are written, as other programs pass it back."""
    return any(marker in line for marker in MARKERS) or bool(_MARKER.search(line))


def header_block_length(lines: list[str]) -> int:
    """Lines of a header block up to the empty line that closes it, a divider above it included."""
    count = 0
    for line in lines[:20]:
        text = line.strip(" \t>|")
        if not text and count and not is_forward_divider(lines[count - 1]):
            break
        count += 1
    return count


def is_rule(line: str) -> bool:
    """A line drawn of dashes or underscores."""
    return bool(_RULE.search(line))


def is_forward_divider(line: str) -> bool:
    """A line such as "-----Original Message-----" or «-------- Пересылаемое сообщение --------»."""
    return bool(_DIVIDER.search(line))


def mentions_person(line: str) -> bool:
    """Whether a line holds an address, or a date and the verb of an introduction."""
    return bool(_PERSON.search(line)) or bool(_DATED.search(line))


def introduces(lines: list[str]) -> int:
    """How many of the first lines are an introduction such as "On Monday Olga wrote:", 0 when none.

    Programs break it over several lines, some with an empty one between; it ends with the colon.
    """
    if not lines or not _can_begin(lines):
        return 0
    joined, blank = "", 0
    quoted = lines[0].lstrip().startswith(">")
    for count, line in enumerate(lines[:7], start=1):
        text = str(_BETWEEN_DASHES.sub(r"\1", line.strip(" \t>*_")))
        if not text:
            blank += 1
            if blank > 1 or not (_ON.search(lines[0]) and _YEAR.search(lines[0])):
                return 0
            continue
        if line.lstrip().startswith(">") != quoted and not text.startswith(("wrote", "написал", ":")):
            return 0
        joined = f"{joined} {text}".strip()
        if len(joined) > MAX_JOINED:
            return 0
        if count > 1 and is_rule(line):
            return 0
        if _introduction(joined, whole=count):
            return count if count == 1 or not _stands_alone(lines[0], text) else 0
        if _is_sentence(text):
            return 0
    return 0


def _stands_alone(first: str, last: str) -> bool:
    """Whether the last line is an introduction by itself, so that the first one, a number in it, is somebody's word."""
    whole = bool(_YEAR.search(last) and _CLOCK.search(last)) and _introduction(last, whole=1)
    return whole and not _WEEKDAY.search(first) and not _PERSON.search(first)


def _is_sentence(text: str) -> bool:
    """Whether a line ends as people end theirs; "28." and "p.m." go on."""
    if text.endswith(".") and (text[-3:-1].strip(" .").isdigit() or text.endswith(("p.m.", "a.m.", "г."))):
        return False
    return text.endswith((":", ".", "!", "?"))


def _can_begin(lines: list[str]) -> bool:
    """The first line of an introduction holds a date, an address or its opening word, or is a bare name."""
    first = lines[0].strip()
    if _ON.search(first) or _DATED.search(first) or _PERSON.search(first) or _ENDS.search(first):
        return True
    return len(lines) > 1 and bool(_NAME.search(first)) and lines[1].strip().startswith("<")


def _introduction(text: str, whole: int) -> bool:
    if _DATE_ADDRESS.search(text) or _DATE_CLOCK_ADDRESS.search(text) or _GMAIL_DATE.search(text):
        return True
    person = bool(_PERSON.search(text))
    if text.endswith(":") and person and _YEAR.search(text) and (_CLOCK.search(text) or len(text) < 120):
        return True
    dated = bool(_DATED.search(text))
    if person and dated and _ENDS_WITHOUT_COLON.search(text):
        return True
    if not _ENDS.search(text):
        return False
    return (dated and (person or bool(_ON.search(text)) or whole == 1)) or (person and len(text) < 200)


def is_header_block(lines: list[str]) -> bool:
    """Whether these lines begin with "From: … / Sent: … / To: …" in some language, as Outlook and phones write."""
    labels: list[str] = []
    strangers = 0
    for line in lines:
        if not line.strip(" \t>|"):
            if not labels:
                return False
            if len(labels) >= 2:
                break
            continue
        match = _LABEL.search(line)
        label = match[1].strip().lower() if match else ""
        if label and (label in _FROM or label in _OTHER):
            labels.append(label)
        elif not labels:
            return False
        else:
            strangers += 1
        if len(labels) >= 4 or strangers > 2:
            break
    if not labels:
        return False
    others = [label for label in labels if label in _OTHER and label not in _FROM]
    return any(label in _FROM for label in labels[:4]) and len(others) >= 1 and len(labels) >= 2 and _begins(labels)


def _begins(labels: list[str]) -> bool:
    """A block begins with the sender, or with date, subject or receiver if the sender follows soon."""
    return labels[0] in _FROM or len(labels) >= 3
