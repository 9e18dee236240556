"""The catalogues of texts: gathered from Python and Jinja2 sources, kept whole, compiled for the running program.

English is the language of the sources: its catalogue repeats them and spells out plural forms, which gettext needs.
Nothing is matched fuzzily: a changed text is a new text, and the tests ask for its translation.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parent.parent
LOCALE = SOURCE / "locale"
LANGUAGES = ("en", "ru")

KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
JINJA = {
    "extensions": "jinja2.ext.i18n,jinja2.ext.do",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
PLURALS = {
    "en": "nplurals=2; plural=(n != 1);",
    "ru": ("nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"),
}
HEADER = r"""msgid ""
msgstr ""
"Language: {language}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plurals}\n"

"""

Id = str | tuple[str, str]


def texts() -> Iterator[tuple[Id, str | None]]:
    """Every text of the sources with its context: (id or (singular, plural), context)."""
    for file in sorted((*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt"))):
        inside = file.relative_to(SOURCE).parts
        if "tests" in inside or "migrations" in inside:
            continue
        if file.suffix != ".py" and "templates" not in inside:
            continue
        method, options = ("python", {}) if file.suffix == ".py" else ("jinja2", JINJA)
        with file.open("rb") as content:
            found = extract(method, content, KEYWORDS, (), options)
            for _line, text, _comments, context in found:
                yield (text[0], text[1]) if isinstance(text, tuple) else text, context


def gathered(language: str) -> Catalog:
    """The catalogue a language should have: today's texts with the translations that are known."""
    kept = read(language)
    catalogue = empty(language)
    for text, context in texts():
        singular = text if isinstance(text, str) else text[0]
        known = kept.get(singular, context)
        catalogue.add(text, _translation(language, text, known), context=context)
    return catalogue


def empty(language: str) -> Catalog:
    """A catalogue without texts."""
    return Catalog(locale=language, fuzzy=False)


def read(language: str) -> Catalog:
    """The catalogue as it stands in the tree; empty when there is none."""
    file = path(language)
    if not file.exists():
        return empty(language)
    with file.open("rb") as content:
        return read_po(content, locale=language, ignore_obsolete=True)


def path(language: str) -> Path:
    """Where a language's catalogue stands."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a file: sorted, no places, no obsolete texts, and a header that changes only by hand."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    code = str(catalogue.locale)
    return HEADER.format(language=code, plurals=PLURALS[code]).encode() + buffer.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """Texts without a whole translation, and fuzzy ones."""
    return [_name(message) for message in catalogue if message.id and (message.fuzzy or not _whole(catalogue, message))]


def compile_all(*, stale_only: bool = False) -> None:
    """Write the machine's form of every catalogue beside it, whole or not at all."""
    for language in LANGUAGES:
        source, machine = path(language), path(language).with_suffix(".mo")
        if stale_only and machine.exists() and machine.stat().st_mtime >= source.stat().st_mtime:
            continue
        draft = machine.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as file:
            write_mo(file, read(language))
        draft.replace(machine)


def main(arguments: list[str]) -> int:
    """``gather`` updates the catalogues and lists what is untranslated; ``compile`` makes the ``.mo`` files."""
    parser = argparse.ArgumentParser(prog="otklik.ops.messages")
    parser.add_argument("deed", choices=["gather", "compile"])
    if parser.parse_args(arguments).deed == "compile":
        compile_all()
        return 0
    lacking: list[str] = []
    for language in LANGUAGES:
        catalogue = gathered(language)
        path(language).parent.mkdir(parents=True, exist_ok=True)
        path(language).write_bytes(written(catalogue))
        lacking += [f"{language}: {text}" for text in missing(catalogue)]
    print("\n".join(lacking) or "Every text is translated.")
    return 1 if lacking else 0


def _translation(language: str, text: Id, known: Message | None) -> str | tuple[str, ...] | list[str]:
    plural = not isinstance(text, str)
    if language == "en":
        return tuple(text) if plural else str(text)
    if known is None or not known.string or isinstance(known.string, str) is plural:
        return ["", "", ""] if plural else ""
    return known.string


def _whole(catalogue: Catalog, message: Message) -> bool:
    if isinstance(message.id, str):
        return bool(message.string) or str(catalogue.locale) == "en"
    return bool(message.string) and len(message.string or ()) == catalogue.num_plurals and all(message.string or ())


def _name(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}: {text}" if message.context else text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
