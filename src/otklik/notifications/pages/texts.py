"""Settings of the letters' texts: subject and body in two languages, versions, restore, a preview."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from otklik.notifications import letters, policy, specimen
from otklik.notifications.placeholders import MAX_TEXT, Trouble
from otklik.people.doors import needs
from otklik.people.forms.strict import StrictForm
from otklik.people.pages.configured import Topic, page_of
from otklik.ui import sidebar
from otklik.ui.settings_pages import Effect

# A letter brings its own style sheet, as mail programs want it; it can do nothing else.
PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'; base-uri 'none'"
NAMES = {"ru": "Русский", "en": "English"}


class TextForm(StrictForm):
    """Subject and body of one letter in one language."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=letters.MAX_SUBJECT)
    body = forms.CharField(
        label=gettext_lazy("Text"), max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 14}), strip=True
    )

    def __init__(self, letter: str, data: Any, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.letter = letter
        known = ", ".join(f"{{{name}}}" for name in letters.LETTERS[letter].known)
        self.fields["body"].help_text = _("You may use: %(names)s. A line whose word is empty is left out.") % {
            "names": known
        }

    def clean(self) -> dict[str, Any]:
        """Refuse what the letter does not know, and say where it stands."""
        cleaned = super().clean()
        try:
            letters.check(self.letter, letters.Text(cleaned.get("subject", ""), cleaned.get("body", "")))
        except letters.NotPossible as refused:
            for field, trouble in refused.troubles:
                self.add_error(field, in_words(trouble))
        return cleaned


def in_words(trouble: Trouble) -> str:
    """What is wrong, and where."""
    place = {"line": trouble.line, "column": trouble.column, "name": trouble.name}
    if not trouble.name:
        return _("Line %(line)s, character %(column)s: a brace stands alone, or the text is too long") % place
    return (
        _("Line %(line)s, character %(column)s: there is no {%(name)s} here, or it must have a line of its own") % place
    )


def _topic(letter: str, language: str) -> Topic:
    def publish(data: dict[str, Any], actor: Any) -> None:
        letters.publish(letter, language, letters.Text(data["subject"], data["body"]), actor=actor)

    def initial(data: dict[str, Any]) -> dict[str, Any]:
        text = letters.text_of(letter, language)
        return {"subject": text.subject, "body": text.body}

    return Topic(
        key=f"{letter}.{language}",
        title=_Title(letter, language),
        line=partial(_line, letter, language),
        config=letters.NAMES[letter, language],
        form=lambda data, initial: TextForm(letter, data, initial),
        labels=lambda: {"subject": _("Subject"), "body": _("Text")},
        initial=initial,
        publish=publish,
        show=lambda key, value: str(value) or _("as shipped"),
    )


class _Title(str):
    """The letter's title with its language, put into words when it is shown."""

    def __new__(cls, letter: str, language: str) -> _Title:
        made = super().__new__(cls, f"{letter}.{language}")
        made.letter, made.language = letter, language
        return made

    letter: str
    language: str

    def __str__(self) -> str:
        return f"{letters.LETTERS[self.letter].title} · {NAMES[self.language]}"


def _line(letter: str, language: str) -> str:
    text, own = letters.text_of(letter, language), letters.shipped(letter, language)
    return _("as shipped") if text == own else _("your own text")


def _looks(topic: Topic, data: dict[str, Any] | None) -> list[Effect]:
    """The way to the preview."""
    letter, language = topic.key.split(".")
    address = reverse("notifications:preview", args=[letter, language])
    return [Effect(_("How the letter looks now"), icon="eye", url=address)]


TEXTS = replace(
    page_of(
        "letters",
        gettext_lazy("Texts of letters"),
        [_topic(letter, language) for letter in letters.LETTERS for language in letters.LANGUAGES],
        act="settings.letters",
        namespace="notifications",
    ),
    effects=_looks,
)


class PolicyForm(StrictForm):
    """Which optional letters the desk sends."""

    taken = forms.BooleanField(label=gettext_lazy("Say who is on it"), required=False)
    closed = forms.BooleanField(label=gettext_lazy("Say that a request was closed by itself"), required=False)
    urgent = forms.BooleanField(label=gettext_lazy("Say that a request has become urgent"), required=False)


POLICY = page_of(
    "letter-policy",
    gettext_lazy("Which letters we send"),
    [
        Topic(
            key="requesters",
            title=gettext_lazy("To requesters"),
            line=lambda: ", ".join(
                str(letters.LETTERS[name].title) for name in PolicyForm.base_fields if policy.sends(name)
            ),
            config=policy.POLICY_NAME,
            form=lambda data, initial: PolicyForm(data, initial=initial),
            labels=lambda: {name: field.label for name, field in PolicyForm.base_fields.items()},
            show=lambda key, value: _("yes") if value else _("no"),
        )
    ],
    act="settings.letters",
    namespace="notifications",
)


@needs("settings.letters")
@require_GET
def preview(request: HttpRequest, letter: str, language: str) -> HttpResponse:
    """The letter as it arrives, about a ticket that does not exist."""
    if letter not in letters.LETTERS or language not in letters.LANGUAGES:
        raise Http404
    response = HttpResponse(specimen.page(letter, language))
    response["Content-Security-Policy"] = PREVIEW_POLICY
    return response


sidebar.add_page(
    "contact", gettext_lazy("Texts of letters"), "mail-open", "notifications:letters", "settings.letters", 40
)
sidebar.add_page(
    "contact", gettext_lazy("Which letters we send"), "bell", "notifications:letter-policy", "settings.letters", 45
)
