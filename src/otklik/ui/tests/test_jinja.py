"""The environment: addresses, icons, attributes, the query of a page, and the viewer's zone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.test import Client, RequestFactory
from django.utils import timezone, translation
from jinja2 import DictLoader, Environment, UndefinedError

from otklik.ui import jinja
from otklik.ui.compiled import Compiled
from otklik.ui.tests import scene


def rendered(source: str, address: str = "/", **context: Any) -> str:
    """A template's text as it would stand on the page at an address."""
    return str(engines["jinja2"].from_string(source).render(context, RequestFactory().get(address)))


def test_what_a_person_typed_cannot_become_markup(site: Client) -> None:
    source = (
        '{% import "ui/components.html" as ui with context %}{{ ui.tag(word) }}{{ _("Remove “%(name)s”", name=word) }}'
    )
    text = rendered(source, word="<script>")
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") == 2


def test_attributes_are_escaped_and_false_ones_left_out() -> None:
    made = jinja.attributes({"hx-get": '/a"b', "disabled": True, "open": False, "data_x": 1, "name": None})
    assert made == ' hx-get="/a&#34;b" disabled data-x="1"'


@pytest.mark.parametrize("source", ["{{ ticket.subject }}", "{% if ticket %}{% endif %}", "{{ item.note }}"])
def test_an_unknown_name_is_an_error_not_an_empty_place(source: str) -> None:
    with pytest.raises(UndefinedError):
        rendered(source, item={})


def test_an_optional_part_of_a_known_thing_may_be_asked_for() -> None:
    assert rendered("{{ 'noted' if item.note else 'plain' }}", item={}) == "plain"


def test_a_query_changes_one_name_and_keeps_the_others(site: Client) -> None:
    asked = "/queue?service=1&service=2&sort=due&page=3"
    assert rendered('{{ query(page=none, sort="age") }}', asked) == "?service=1&amp;service=2&amp;sort=age"
    assert rendered("{{ query(service=[2]) }}", asked) == "?service=2&amp;sort=due&amp;page=3"


def test_moments_are_said_in_the_viewers_zone(site: Client) -> None:
    source = "{{ at|hours }}|{{ at|moment }}"
    with timezone.override("Asia/Vladivostok"):
        assert rendered(source, at=scene.NOW) == "18:42|today at 18:42"
    with timezone.override("Europe/London"), translation.override("ru"):
        assert rendered(source, at=scene.NOW) == "08:42|сегодня в 08:42"


def test_the_theme_comes_from_the_cookie_and_only_known_ones_count(site: Client) -> None:
    for given, shown in [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"><b', "")]:
        site.cookies["theme"] = given
        page = site.get("/gallery").content.decode()
        assert f'<html lang="en"{shown}>' in page


def test_a_built_file_is_found_by_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jinja, "BUILT", tmp_path)
    assert jinja.asset("main.js") == "/static/built/main.js"
    (tmp_path / "manifest.json").write_text(json.dumps({"ui/js/main.js": {"file": "main.1a2b.js"}}))
    assert jinja.asset("main.js") == "/static/built/main.1a2b.js"


def test_an_icon_is_silent_and_points_into_the_sprite() -> None:
    assert jinja.icon("inbox", "s").startswith(
        '<svg class="i s" aria-hidden="true"><use href="/static/built/icons.svg?v='
    )
    assert jinja.icon("inbox").endswith('#i-inbox"/></svg>')


class Counting(Environment):
    """Counts what it compiles."""

    compiled = 0

    def compile(self, *args: Any, **kwargs: Any) -> Any:
        """Compile."""
        type(self).compiled += 1
        return super().compile(*args, **kwargs)


def test_a_template_is_compiled_once_until_it_or_the_way_changes(tmp_path: Path) -> None:
    class Process(Counting):
        pass

    def says(source: str, way: str = "1", folder: Path = tmp_path / "kept") -> str:
        process = Process(loader=DictLoader({"page": source}), bytecode_cache=Compiled(way, folder), autoescape=True)
        return process.get_template("page").render(name="Анна")

    assert (says("{{ name }}!"), says("{{ name }}!"), Process.compiled) == ("Анна!", "Анна!", 1)
    assert (says("{{ name }}?"), Process.compiled) == ("Анна?", 2)
    assert (says("{{ name }}?", way="2"), Process.compiled) == ("Анна?", 3)
    next((tmp_path / "kept").iterdir()).write_bytes(b"rubbish")
    assert (says("{{ name }}?"), Process.compiled) == ("Анна?", 4)
    (tmp_path / "taken").write_text("a file where the folder would be")
    assert says("{{ name }}", folder=tmp_path / "taken" / "kept") == "Анна"
