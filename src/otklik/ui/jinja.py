"""The Jinja2 environment of every page: translations, links, icons, built assets, wording in the viewer's zone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.utils import missing
from markupsafe import Markup, escape

from otklik.clock import now
from otklik.ui import fields, wording
from otklik.ui.compiled import Compiled

BUILT = Path(__file__).parent / "static" / "built"
EXTENSIONS = ["jinja2.ext.i18n", "jinja2.ext.do"]
ENTRIES = {"main.js": "ui/js/main.js", "main.css": "ui/css/main.css"}


class Absent(StrictUndefined):
    """What a template names and nobody gave: an error to print, but a thing may be asked for an optional part."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # the strict parent promises never to answer
        """False for ``item.note`` that an item lacks; an unknown name alone is an error here too."""
        return super().__bool__() if self._undefined_obj is missing else False


def environment(**options: Any) -> Environment:
    """Environment for Django's Jinja2 backend: autoescape, an unknown name is an error, gettext of the active language.

    Args:
        options: what Django passes on (loader, auto_reload); escaping cannot be switched off here.
    """
    options |= {"autoescape": True, "undefined": Absent, "trim_blocks": True, "lstrip_blocks": True}
    kept = Compiled(Path(__file__).read_text(encoding="utf-8"))  # how templates are compiled is written in this file
    made = Environment(extensions=EXTENSIONS, bytecode_cache=kept, **options)  # noqa: S701  # it is on, two lines up
    made.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    made.globals.update(
        url=url,
        static=static,
        asset=asset,
        icon=icon,
        csp_nonce=csp_nonce,
        language=language,
        languages=settings.LANGUAGES,
        theme=theme,
        sample_data=settings.DEMO,
        notices=notices,
        query=query,
        now=now,
        attributes=attributes,
        control=fields.control,
        field_kind=fields.kind,
        field_options=fields.options,
    )
    made.filters.update(FILTERS)
    return made


# -- links and assets ----------------------------------------------------------------------------------------------
def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Address of a named page."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


@lru_cache(maxsize=1)
def _manifest(place: Path) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads(place.read_text())
    return read


def asset(name: str) -> str:
    """Address of a built file, with the hash the bundler gave it: ``asset("main.js")``, ``asset("main.css")``."""
    place, wanted = BUILT / "manifest.json", ENTRIES.get(name, name)
    for source, built in _manifest(place).items() if place.exists() else ():
        if source.endswith(wanted):
            return static(f"built/{built['file']}")
    return static(f"built/{name}")


@lru_cache(maxsize=1)
def _sprite(place: Path) -> str:
    """Address of the sprite, marked by its content so that a browser keeps it until it changes."""
    mark = hashlib.sha256(place.read_bytes()).hexdigest()[:8] if place.exists() else "none"
    return f"{static('built/icons.svg')}?v={mark}"


@lru_cache(maxsize=1024)
def icon(name: str, cls: str = "") -> Markup:
    """A decorative icon of the sprite; ``name`` is lucide's, ``cls`` adds size (s, l, xl) or colour."""
    more = f" {cls}" if cls else ""
    sprite = _sprite(BUILT / "icons.svg")
    return Markup('<svg class="i{}" aria-hidden="true"><use href="{}#i-{}"/></svg>').format(more, sprite, name)


def attributes(values: dict[str, Any] | None) -> Markup:
    """HTML attributes of a mapping: None and False are left out, True stands alone; ``_`` in names becomes ``-``."""
    parts = []
    for name, value in (values or {}).items():
        if value is None or value is False:
            continue
        plain = escape(name.replace("_", "-"))
        parts.append(Markup(" {}").format(plain) if value is True else Markup(' {}="{}"').format(plain, value))
    return Markup("").join(parts)


# -- what the request knows ----------------------------------------------------------------------------------------
@pass_context
def csp_nonce(context: Context) -> str:
    """Nonce of the response's policy, empty when the page has none."""
    return str(getattr(context.get("request"), "csp_nonce", ""))


@pass_context
def theme(context: Context) -> str:
    """ "light" or "dark" as the person chose, empty to follow the system."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return chosen if chosen in {"light", "dark"} else ""


@pass_context
def notices(context: Context) -> list[Any]:
    """Messages left for the next page, each once."""
    request = context.get("request")
    return list(get_messages(request)) if request is not None else []


@pass_context
def query(context: Context, **changes: Any) -> str:
    """Query string of this page with some names changed; None removes a name; lists repeat it."""
    request = context.get("request")
    values = request.GET.copy() if request is not None else None
    if values is None:
        return ""
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        elif isinstance(value, list | tuple):
            values.setlist(name, [str(item) for item in value])
        else:
            values[name] = str(value)
    return f"?{values.urlencode()}" if values else "?"


def language() -> str:
    """Code of the active language, "ru" or "en"."""
    return (get_language() or settings.LANGUAGE_CODE).split("-")[0]


# -- wording in the viewer's zone ----------------------------------------------------------------------------------
def _viewed(phrase: Callable[..., str]) -> Callable[[datetime | date], str]:
    def phrased(at: datetime | date) -> str:
        return phrase(at, now(), timezone.get_current_timezone())

    return phrased


def hours(at: datetime) -> str:
    """Time of day in the viewer's zone."""
    return wording.hours(at, timezone.get_current_timezone())


def full_moment(at: datetime) -> str:
    """Date and time to the second in the viewer's zone."""
    return wording.full_moment(at, timezone.get_current_timezone())


def left(due: datetime) -> str:
    """Time left until a moment as a clock shows it."""
    return wording.clock_left((due - now()).total_seconds())


FILTERS: dict[str, Callable[..., Any]] = {
    "moment": _viewed(wording.moment),
    "short_moment": _viewed(wording.short_moment),
    "deadline": _viewed(wording.deadline),
    "day": _viewed(wording.day),
    "ago": _viewed(wording.ago),
    "hours": hours,
    "full_moment": full_moment,
    "left": left,
    "duration": wording.duration,
    "clock_left": wording.clock_left,
    "number": wording.number,
    "percent": wording.percent,
    "filesize": wording.filesize,
    "initials": wording.initials,
    "avatar_class": wording.avatar_class,
}
