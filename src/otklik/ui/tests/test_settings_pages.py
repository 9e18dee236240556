"""A declared settings page lists, edits, warns before saving, keeps history and brings an earlier version back."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from otklik.ui.tests import scene
from otklik.ui.tests.scene import Thing


@pytest.fixture
def things(site: Client) -> Client:
    """The site with two things, the second changed once."""
    scene.THINGS[1] = Thing(1, "Mail")
    scene.THINGS[2] = Thing(2, "VPN", "main", ({"name": "Net", "weight": "usual"},))
    return site


def shown(text: str) -> str:
    """The page's words, tags dropped and spaces folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_list_shows_every_thing_under_its_group(things: Client) -> None:
    text = shown(things.get("/settings/things").content.decode())
    assert "Weight main VPN main Weight usual Mail usual" in text


def test_one_thing_opens_beside_the_list_with_its_history(things: Client) -> None:
    page = things.get("/settings/things/2").content.decode()
    assert 'name="name" value="VPN"' in page
    assert "9 tickets, weight main" in page
    assert re.search(r"<s>Net</s> → <b>VPN</b>", page)
    assert 'action="/settings/things/2/versions/0"' in page


def test_saving_keeps_the_data_and_says_so(things: Client) -> None:
    answer = things.post("/settings/things/1", {"name": "Post", "weight": "main"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/things/1")
    assert (scene.THINGS[1].name, scene.THINGS[1].weight) == ("Post", "main")
    assert "Saved: Post" in things.get("/settings/things/1").content.decode()


def test_a_review_shows_old_values_and_effects_and_saves_nothing(things: Client) -> None:
    answer = things.post("/settings/things/1", {"name": "Mail", "weight": "main", "review": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert scene.THINGS[1].weight == "usual"
    assert '<span class="was">Usual</span>' in page
    assert "1 change" in shown(page)
    assert "9 tickets, weight main" in page


def test_a_wrong_form_stays_open_with_what_was_typed(things: Client) -> None:
    answer = things.post("/settings/things/1", {"name": "", "weight": "main"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert '<option value="main" selected>' in page
    assert scene.THINGS[1].name == "Mail"


def test_a_refusal_of_the_room_is_said_on_top(things: Client) -> None:
    answer = things.post("/settings/things/1", {"name": "taken", "weight": "main"})
    assert answer.status_code == 422
    assert "There is one with this name" in answer.content.decode()


def test_a_new_thing_starts_empty_and_gets_its_own_address(things: Client) -> None:
    assert 'name="name" value=' not in things.get("/settings/things/new").content.decode()
    assert things.post("/settings/things/new", {"name": "Wiki", "weight": "usual"})["Location"] == "/settings/things/3"


def test_an_earlier_version_comes_back_and_history_keeps_both(things: Client) -> None:
    assert things.post("/settings/things/2/versions/0")["Location"] == "/settings/things/2"
    assert scene.THINGS[2].name == "Net"
    assert len(scene.THINGS[2].versions) == 2


def test_a_version_is_never_brought_back_by_a_link(things: Client) -> None:
    assert things.get("/settings/things/2/versions/0").status_code == 405


@pytest.mark.parametrize("address", ["/settings/things", "/settings/things/1", "/settings/things/new"])
def test_a_stranger_is_told_that_there_is_no_such_page(things: Client, address: str) -> None:
    assert things.get(address).status_code == 200
    things.cookies["who"] = "stranger"
    assert things.get(address).status_code == 404
    assert things.post(address, {"name": "Mine", "weight": "main"}).status_code in {404, 405}
    assert scene.THINGS[1].name == "Mail"


def test_a_thing_that_is_not_there_is_not_found(things: Client) -> None:
    assert things.get("/settings/things/99").status_code == 404
