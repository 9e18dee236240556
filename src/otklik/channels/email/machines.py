"""Letters with codes and sign-in links from machines: seen by the mailbox's own people only (safety.md A3, S-10)."""

from __future__ import annotations

from .message import Letter
from .patterns import pattern

SEARCHED = 20_000  # characters
_MACHINE = pattern(
    r"(?i)(?:^|[.+_-])(?:no-?reply|do-?not-?reply|notifications?|notify|verify|verification|auth|"
    r"identity|login|sso|idp|mailer|robot)(?:[.+_\d-]|$)"
)
_SHARED = pattern(  # people write from these too
    r"(?i)(?:^|[.+_-])(?:security|accounts?|id|bot|support|team|info|admin|hello|feedback)(?:[.+_\d-]|$)"
)
_ASKS = pattern(
    r"(?i)((?:^|\PL)(?:прошу|просим|просьба|помогите|подскажите|сбросьте|пришлите|создайте|не могу|не можем|"
    r"не может|не приход\pL+|забыл\pL*|нужн\pL (?:сбро|смен|восстан)\pL+)(?:\PL|$)|"
    r"\b(?:could|can|would) you\b|\bplease (?:reset|help|do|send|unlock|create|change|assist)\b|"
    r"\b(?:i|we|she|he|they|user) (?:can't|cannot|can not|could not|forgot|have forgotten|has forgotten|needs?|"
    r"did not)\b|\bdoes not arrive\b)"
)
_CODE_WORDS = pattern(
    r"(?i)(verification code|verify (?:your|this|that) (?:e-?mail|account|identity|address|device)|security code|"
    r"one[- ]time (?:code|password|passcode|link|pin)|sign[- ]?in code|log[- ]?in code|access code|confirmation code|"
    r"your code(?: is)?\b|authentication code|magic link|passcode|confirm your (?:e-?mail|account|address)|"
    r"reset your password|password reset|activate your account|"
    r"код (?:подтверждения|доступа|для входа|входа|безопасности|авторизации|активации)|ваш код|"
    r"одноразов\pL+ (?:код|пароль|ссылк)|подтвердите (?:адрес|почту|e-?mail|уч[её]тную|аккаунт|вход|регистрацию)|"
    r"подтверждени\pL+ (?:адреса|почты|входа|регистрации)|сброс\pL* пароля|восстановлени\pL+ пароля|"
    r"смен\pL+ пароля|ссылка для входа)"
)
_CODE = pattern(r"\b(?:\d[ -]?){4,8}\b|\b[A-Z0-9]{6,10}\b|https?://\S{20,}")


def carries_credentials(letter: Letter) -> bool:
    """Whether a machine sent somebody a code or a link that lets in.

    A person who writes that his code does not arrive is no machine: the address must look like one's. From an address
    that a ward may share, words that ask for something make it a person's letter.
    """
    local = letter.author.address.partition("@")[0]
    text = f"{letter.subject}\n{letter.text[:SEARCHED]}"
    if not _MACHINE.search(local) and (not _SHARED.search(local) or _ASKS.search(text)):
        return False
    return bool(_CODE_WORDS.search(text)) and bool(_CODE.search(text))
