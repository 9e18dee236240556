"""Language, theme, and what a page says when something went wrong."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from otklik.ui import pages


def test_a_chosen_language_is_remembered_and_the_person_stays_where_they_were(site: Client) -> None:
    answer = site.post("/language", {"language": "ru", "next": "/gallery?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/gallery?a=1")
    assert answer.cookies["django_language"].value == "ru"


def test_an_unknown_language_changes_nothing(site: Client) -> None:
    assert not site.post("/language", {"language": "xx"}).cookies


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_the_way_back_never_leads_to_another_site(site: Client, target: str) -> None:
    assert site.post("/theme", {"theme": "dark", "next": target})["Location"] == "/"


def test_a_theme_is_kept_and_can_follow_the_system_again(site: Client) -> None:
    assert site.post("/theme", {"theme": "dark"}).cookies["theme"].value == "dark"
    assert site.post("/theme", {"theme": ""}).cookies["theme"].value == ""


def test_choices_are_made_by_posting_only(site: Client) -> None:
    assert [site.get(address).status_code for address in ("/language", "/theme")] == [405, 405]


def test_no_access_and_no_page_read_the_same(site: Client) -> None:
    request = RequestFactory().get("/tickets/1")
    with translation.override("ru"):
        missing, refused = pages.not_found(request), pages.refused(request)
    assert (missing.status_code, refused.status_code) == (404, 403)
    assert _main(missing) == _main(refused)
    assert "Страница не найдена или у вас нет доступа" in _main(missing)


def test_each_failure_has_its_code_and_a_way_on(site: Client) -> None:
    request = RequestFactory().get("/")
    answers = [
        pages.bad_request(request),
        pages.stale_form(request),
        pages.too_many(request),
        pages.broken(request),
        pages.resting(request),
    ]
    assert [answer.status_code for answer in answers] == [400, 403, 429, 500, 503]
    assert len({_main(answer) for answer in answers}) == 5
    assert all('<a class="btn mt2" href="/">' in _main(answer) for answer in answers)


def _main(answer: HttpResponse) -> str:
    text = answer.content.decode()
    return text[text.index("<main") : text.index("</main>")]
