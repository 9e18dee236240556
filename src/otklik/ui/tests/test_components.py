"""Every component renders, is well-formed, and says its name; the strict policy of the pages is kept."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.test import Client
from django.utils import translation

import otklik
from otklik.ui.tests import scene

HTML = "{http://www.w3.org/1999/xhtml}"
GALLERY = Path(__file__).with_name("gallery.html")
TEMPLATES = Path(otklik.__file__).parent
CONTROLS = ("a", "button", "input", "select", "textarea", "summary")


@pytest.fixture(params=["gallery en", "gallery ru", "desk en", "request ru"])
def page(request: pytest.FixtureRequest, site: Client) -> Element:
    """The gallery and whole pages as parsed documents; parsing is strict."""
    name, language = request.param.split()
    with translation.override(language):
        text = site.get(f"/{name}").content.decode()
    return html5lib.HTMLParser(strict=True).parse(text)


def every(page: Element, *names: str) -> list[Element]:
    """Elements with these names, templates included."""
    return [element for element in page.iter() if element.tag in {HTML + name for name in names}]


def text_of(element: Element) -> str:
    """What is written inside, spaces folded."""
    return " ".join("".join(element.itertext()).split())


def test_the_gallery_shows_every_macro() -> None:
    index = (GALLERY.parents[1] / "templates/ui/components.html").read_text()
    gallery = GALLERY.read_text()
    names = re.findall(r"{% set (\w+) =", index)
    inner = {"field", "upload_item", "person_links"}  # drawn by form_fields, drop_zone and person_menu
    assert names
    assert [name for name in names if f"ui.{name}(" not in gallery and name not in inner] == []


def test_every_control_has_a_name(page: Element) -> None:
    labelled = {label.get("for") for label in every(page, "label")}
    wrapped = {id(inner) for label in every(page, "label") if text_of(label) for inner in label.iter()}
    nameless = []
    for element in every(page, *CONTROLS):
        if element.get("type") == "hidden":
            continue
        own = element.get("aria-label") or element.get("data-label") or element.get("title") or text_of(element)
        if not own and element.get("id") not in labelled and id(element) not in wrapped:
            nameless.append((element.tag, dict(element.attrib)))
    assert nameless == []


def test_ids_are_unique_and_references_lead_somewhere(page: Element) -> None:
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    wanted = {
        name
        for element in page.iter()
        for attribute in ("aria-labelledby", "aria-describedby", "aria-controls", "for")
        for name in (element.get(attribute) or "").split()
    }
    assert wanted - set(ids) == set()


def test_a_label_of_a_field_in_error_is_tied_to_the_error(site: Client) -> None:
    page = html5lib.parse(site.get("/gallery").content.decode())
    field = next(element for element in every(page, "input") if element.get("name") == "name")
    assert field.get("aria-invalid") == "true"
    assert (field.get("aria-describedby") or "").split() == ["id_name-hint", "id_name-error"]


def test_forms_that_post_carry_the_token(page: Element) -> None:
    for form in every(page, "form"):
        if form.get("method") == "post":
            names = [field.get("name") for field in form.iter(HTML + "input")]
            assert "csrfmiddlewaretoken" in names, form.attrib


def test_the_kit_speaks_russian_without_a_word_of_english(site: Client) -> None:
    with translation.override("ru"):
        source = '{% import "ui/components.html" as ui with context %}'
        source += '{{ ui.key_list() }}{{ ui.eraser() }}{{ ui.palette("/") }}'
        text = scene.engines["jinja2"].from_string(source).render({})
    words = set(re.findall(r"[A-Za-z]{4,}", re.sub(r"<[^>]*>", " ", text)))
    assert words <= {"Ctrl", "Shift", "Enter"}


@pytest.mark.parametrize(
    "pattern", [r"\sstyle=.[^\"']*:", r"<style", r"\son[a-z]+=", r"<script(?![^>]*\ssrc=)", "javascript:"]
)
def test_no_page_needs_what_the_policy_forbids(pattern: str) -> None:
    # letters go to mail programs; a frame around foreign HTML is a document with a policy of its own
    apart = ("_frame.html", "letter.html")
    found = TEMPLATES.glob("**/templates/**/*.html")
    templates = [file for file in found if "letters" not in file.parts and not file.name.endswith(apart)]
    assert templates
    assert [str(file) for file in templates if re.search(pattern, file.read_text())] == []


def test_scripts_hold_no_words_for_people() -> None:
    scripts = sorted((TEMPLATES / "ui/js").glob("*.js"))
    assert scripts
    spoken = [file.name for file in scripts if re.search(r"textContent = [\"'`][A-Za-zА-Яа-я]{2}", file.read_text())]
    assert spoken == []
    assert [file.name for file in scripts if re.search("[А-Яа-яЁё]|\\beval\\(|new Function", file.read_text())] == []
