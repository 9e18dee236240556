"""Forty hostile bodies in a real browser: no dialog, no request, nothing outside the message box moves (S-01, S-04)."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from otklik.tickets import desk
from otklik.tickets.attachments import kept
from otklik.tickets.tests import make
from otklik.web.tests.hostile import BODIES
from tests.browser.test_portal import SIZES, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def picture() -> bytes:
    """A small true picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (15, 95, 115)).save(buffer, "PNG")
    return buffer.getvalue()


def test_s01_s04_forty_hostile_bodies_do_nothing(chromium: Browser, site: str) -> None:
    katya = make.person("Катя")
    ticket = make.ticket(requester=katya)
    inline = [kept(picture(), name="a.png", type="image/png", content_id="ok@mail", is_inline=True)]
    for body in [*BODIES, '<p>good</p><img src="cid:ok@mail" alt="inline">']:
        content = desk.Content(text="body", html=body, files=inline)
        desk.hear(ticket, content, author=katya, channel="email", actor=make.actor(katya))
    context = signed_in(chromium, site, katya, viewport=SIZES["wide"])
    page = context.new_page()
    dialogs: list[str] = []
    foreign: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    context.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(site) else None)
    page.goto(f"/requests/{ticket.number}")
    frames = open_all(page)
    assert frames == len(BODIES) + 1
    before = places(page)
    page.wait_for_timeout(800)
    assert places(page) == before
    last = page.frame_locator("iframe.foreign").last
    expect(last.get_by_text("good")).to_be_visible()
    assert last.get_by_alt_text("inline").evaluate("image => image.naturalWidth") == 40
    for frame in page.frames[1:]:
        assert frame.evaluate("document.querySelectorAll('script,iframe,form,input,base[href],object,svg').length") == 0
    assert page.evaluate("document.querySelectorAll('#main').length") == 1
    assert (dialogs, [url for url in foreign if not url.startswith(("data:", "blob:"))]) == ([], [])
    assert page.url == f"{site}/requests/{ticket.number}"
    context.close()


def open_all(page: Page) -> int:
    """Open every formatted message and wait until it is there."""
    page.evaluate("document.querySelectorAll('details.foldout').forEach(one => (one.open = true))")
    frames = page.locator("iframe.foreign")
    for index in range(frames.count()):
        frames.nth(index).scroll_into_view_if_needed()
        frames.nth(index).content_frame.locator("body").wait_for(state="attached")
    page.evaluate("scrollTo(0, 0)")
    return frames.count()


def places(page: Page) -> list[list[float]]:
    """Where everything outside of the frames stands."""
    found: list[list[float]] = page.evaluate(
        "[...document.querySelectorAll('header, h1, .msg, .composer, aside, iframe')].map(one => {"
        " const box = one.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })"
    )
    return found
