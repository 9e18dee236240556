"""The small behaviours in a real browser, on the scene's pages, under the strict policy."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from otklik.ui.tests import scene
from tests.browser import empty
from tests.browser.audit import audit, themed

PATIENCE = 8000  # milliseconds
POLICY = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' blob:; font-src 'self'"


class Server(ThreadingMixIn, WSGIServer):
    """A server whose requests do not wait for each other."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """A handler that keeps its log to itself."""

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


def strict(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application with the policy of the product on every answer."""

    def answering(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, ("Content-Security-Policy", POLICY)], *more)

        return application(environ, begin)

    return answering


@pytest.fixture
def address(site: Client) -> Iterator[str]:
    """Where the scene is served."""
    application = strict(StaticFilesHandler(get_wsgi_application()))
    server = make_server("127.0.0.1", 0, application, Server, Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """One visitor for all: what pages keep is kept by address, and each test has an address of its own."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def visit(visitor: BrowserContext, address: str) -> Iterator[Callable[..., Page]]:
    """Open a page of the scene; nothing may be refused by the policy and no script may fail."""
    faults: list[str] = []

    def opened(name: str) -> Page:
        page = visitor.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if is_fault(message) else None)
        page.goto(f"{address}/{name}")
        return page

    yield opened
    visitor.set_offline(False)
    visitor.clear_cookies()
    empty(visitor)
    assert faults == []


def send_by(page: Page, keys: str) -> None:
    """Press keys that send a plain form and let them go on the page that follows: Chromium may hang on a key whose
    release finds its page leaving."""
    *held, last = keys.split("+")
    for key in held:
        page.keyboard.down(key)
    with page.expect_navigation():
        page.keyboard.down(last)
    for key in (last, *held):
        page.keyboard.up(key)


def is_fault(message: ConsoleMessage) -> bool:
    """Whether the browser complains of our page, not of a connection that a test has cut."""
    return message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text


def posted(page: Page, path: str) -> dict[str, Any]:
    """Wait until the scene has been posted to at a path; what came."""
    for _ in range(60):
        if found := [given for given in scene.POSTED if given["path"] == path]:
            return found[-1]
        page.wait_for_timeout(50)
    raise AssertionError(f"nothing came to {path}")


@pytest.mark.parametrize("name", ["gallery", "desk", "request"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_page_passes_the_audit_in_both_themes(visit: Callable[..., Page], name: str, width: int) -> None:
    page = visit(name)
    page.set_viewport_size({"width": width, "height": 844})
    findings = {}
    for theme in ("light", "dark"):
        themed(page, theme)
        findings[theme] = audit(page)
    assert findings == {"light": [], "dark": []}


def test_the_audit_finds_what_is_wrong(visit: Callable[..., Page]) -> None:
    page = visit("request")
    bad = '<h1 id="main">x</h1><button></button><p class="faint">words</p><img src="/static/ui/mark.svg">'
    page.evaluate("bad => document.querySelector('main').insertAdjacentHTML('beforeend', bad)", bad)
    page.evaluate("document.querySelector('.faint').style.color = '#ccc'")
    found = " | ".join(audit(page))
    assert [word for word in ("contrast", "no name", "doubled id", "no alternative", "2 h1") if word not in found] == []


def test_widths_come_from_data_under_the_strict_policy(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    run, left = (page.locator(f".promise .{kind}").bounding_box() for kind in ("run", "left"))
    assert run is not None
    assert left is not None
    assert run["width"] / left["width"] == pytest.approx(60 / 294, rel=0.05)


def test_letters_walk_select_and_open_the_list_by_their_place_on_the_keyboard(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyJ")
    expect(page.locator("#t-4787 a.subj")).to_be_focused()
    page.keyboard.press("KeyX")
    page.keyboard.press("KeyJ")
    page.keyboard.press("Shift+KeyX")
    expect(page.locator("[data-bulk-count]")).to_have_text("Selected: 2")
    page.keyboard.press("KeyO")
    page.wait_for_url("**/gallery?ticket=4791")


def test_letters_are_letters_while_typing_and_can_be_switched_off(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.keyboard.press("KeyN")
    note = page.locator("#composer-note")
    expect(note).to_be_focused()
    page.keyboard.type("xjk")
    expect(note).to_have_value("xjk")
    page.evaluate("localStorage.setItem('keys', 'off'); document.activeElement.blur()")
    page.keyboard.press("KeyR")
    expect(page.locator("#composer-reply")).to_be_hidden()


def test_reply_and_note_keep_separate_drafts_through_a_reload(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.keyboard.press("KeyR")
    page.keyboard.type("to the requester")
    page.keyboard.press("Escape")
    page.keyboard.press("KeyN")
    expect(page.locator(".composer")).to_have_class("composer is-note")
    page.keyboard.type("among us")
    page.wait_for_timeout(900)
    page.reload(wait_until="networkidle")
    expect(page.locator("#composer-reply")).to_have_value("to the requester")
    expect(page.locator("#composer-note")).to_have_value("among us")


def test_control_enter_sends_the_form_one_is_typing_in(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.keyboard.press("KeyN")
    page.keyboard.type("for us only")
    send_by(page, "Control+Enter")
    assert posted(page, "/notes")["body"] == "for us only"
    assert [given["path"] for given in scene.POSTED if given["path"] == "/replies"] == []


def test_the_palette_searches_and_acts_on_the_selection(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.locator("[data-select]").first.check()
    page.keyboard.press("Control+KeyK")
    page.keyboard.type("vpn")
    expect(page.locator("[data-palette] [role=option]").first).to_contain_text("Look for vpn")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert posted(page, "/post")["numbers"] == "4809"
    expect(page.locator("[data-palette]")).to_be_hidden()


def test_arrows_move_in_the_matrix_and_enter_chooses(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.locator("[data-matrix] [aria-checked=true]").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    send_by(page, "Enter")
    assert posted(page, "/priority")["cell"] == "many:medium"


def test_a_person_is_found_while_typing_and_chosen_by_keys(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.get_by_label("Who is calling?").first.fill("v")
    expect(page.locator(".combo [role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#id_caller")).to_have_value("Oleg Ryabov")
    expect(page.locator("input[name=caller]")).to_have_value("6")


def test_an_act_can_be_undone_by_its_toast(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.get_by_role("button", name="Say").click()
    expect(page.locator("[data-toast]")).to_contain_text("Assigned to Pavel")
    page.keyboard.press("KeyZ")
    assert posted(page, "/undo/1")["path"] == "/undo/1"
    expect(page.locator("[data-toasts] [data-toast]")).to_have_count(0)


def test_a_grave_act_is_asked_about_first(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.get_by_role("button", name="Close for good").click()
    expect(page.locator("#confirm")).to_be_visible()
    page.locator("#confirm button[value=no]").click()
    page.wait_for_timeout(200)
    assert scene.POSTED == []
    page.get_by_role("button", name="Close for good").click()
    page.locator("#confirm button[value=yes]").click()
    assert posted(page, "/close")


def test_a_panel_fetches_itself_when_its_subject_changes(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.evaluate("window.htmx.trigger(document.querySelector('[data-subject~=\"ticket:4809\"]'), 'refresh')")
    expect(page.locator("#preview")).to_have_text("Fresh")


def test_the_stream_names_what_changed_and_the_panel_refreshes(visit: Callable[..., Page]) -> None:
    page = visit("desk?live=1")
    expect(page.locator("#preview")).to_have_text("Fresh")


def test_a_lost_connection_is_said_with_its_time(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("[data-offline-text]")).to_have_text(re.compile(r"^No connection since \d\d:\d\d\."))
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()


def test_a_file_is_sent_at_once_and_only_its_id_travels_with_the_form(visit: Callable[..., Page]) -> None:
    page = visit("request")
    page.locator(".field [data-pick]").last.set_input_files(
        {"name": "list.txt", "mimeType": "text/plain", "buffer": b"one, two"}
    )
    expect(page.locator("input[name=files]")).to_have_value("file-1")
    assert scene.UPLOADED == [b"one, two"]
    page.locator(".thumb [data-remove]").click()
    expect(page.locator("input[name=files]")).to_have_count(0)


def test_a_file_over_the_limit_is_refused_in_words_and_not_sent(visit: Callable[..., Page]) -> None:
    page = visit("request")
    page.evaluate("document.querySelector('.field[data-upload]').dataset.maxBytes = 4")
    page.locator(".field [data-pick]").last.set_input_files(
        {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"too much"}
    )
    expect(page.locator("[data-file-error]:visible")).to_contain_text("Over 25")
    assert scene.UPLOADED == []


def test_personal_data_is_painted_over_and_the_painted_picture_replaces_the_first(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    white = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(white, "PNG")
    page.locator(".composer [data-pick]").first.set_input_files(
        {"name": "shot.png", "mimeType": "image/png", "buffer": white.getvalue()}
    )
    expect(page.locator("input[name=files]")).to_have_value("file-1")
    page.locator("[data-erase]:visible").click()
    expect(page.locator("[data-canvas]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("input[name=files]")).to_have_value("file-2")
    painted = Image.open(io.BytesIO(scene.UPLOADED[1])).convert("RGB")
    assert painted.size == (200, 100)
    assert (painted.getpixel((75, 30)), painted.getpixel((5, 5))) == ((20, 32, 34), (255, 255, 255))


def test_a_field_appears_because_of_an_answer_and_is_not_sent_before(visit: Callable[..., Page]) -> None:
    page = visit("request")
    since = page.locator("#since")
    expect(since).to_be_hidden()
    expect(since).to_be_disabled()
    page.get_by_text("Work has stopped").check()
    expect(since).to_be_visible()


def test_the_theme_is_painted_at_once_and_kept(visit: Callable[..., Page]) -> None:
    page = visit("request")
    page.evaluate("document.querySelector('[data-theme-switch]')?.scrollIntoView()")
    page.goto(page.url.replace("request", "gallery"))
    page.locator("[data-theme-switch]:visible").first.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(200)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_focus_returns_to_what_opened_a_dialog(visit: Callable[..., Page]) -> None:
    page = visit("desk")
    find = page.locator(".find")
    find.click()
    expect(page.locator("[data-palette-input]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(find).to_be_focused()
