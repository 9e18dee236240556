"""Files leave as things to save, previews are pictures of ours, foreign HTML is harmless (S-01 to S-04)."""

from __future__ import annotations

import html5lib
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.catalogue.models import Service
from otklik.people.models import Person
from otklik.tickets import desk
from otklik.tickets.attachments import File, kept, path_of
from otklik.tickets.models import Attachment, Message
from otklik.tickets.sanitise import SCHEMES, TAGS, clean, linkified
from otklik.tickets.tests import make
from otklik.web.tests.hostile import BODIES, EVIL
from otklik.web.tests.test_portal import client_of, named

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HOSTILE_FILES = [
    ("a.svg", "image/svg+xml", SVG),
    ("a.html", "text/html", b"<script>alert(1)</script>"),
    (
        "a.xhtml",
        "application/xhtml+xml",
        b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
    ),
    ("a.xml", "text/xml", b"<?xml version='1.0'?><?xml-stylesheet href='x'?><a/>"),
    ("invoice.pdf", "text/html", b"<script>alert(1)</script>"),
    ("poly.png", "image/png", b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>"),
    ("../../static/app.js", "text/javascript", b"alert(1)"),
    ("C:\\Windows\\x.bat", "application/x-bat", b"del"),
    (".htaccess", "text/plain", b"AddHandler php"),
    ("a" * 300 + ".png", "image/png", SVG),
    ("in\r\nX-Evil: 1.png", "image/png", SVG),
    ("\u202egnp.exe", "image/png", SVG),
]


def with_files(katya: Person, *files: File, html: str = "") -> Message:
    """A message of a requester with these files."""
    content = desk.Content(text="см. вложение", html=html, files=files)
    ticket = make.ticket(requester=katya)
    heard = desk.hear(ticket, content, author=katya, channel="email", actor=make.actor(katya))
    assert heard.message is not None
    return heard.message


@pytest.fixture
def katya(db: None) -> Person:
    """A requester."""
    return make.person("Екатерина")


@pytest.mark.parametrize(("name", "type", "data"), HOSTILE_FILES)
def test_s02_a_file_is_only_ever_saved(katya: Person, name: str, type: str, data: bytes) -> None:
    client = client_of(katya)
    message = with_files(katya, kept(data, name=name, type=type))
    file = Attachment.objects.get(message=message)
    answer = client.get(f"/files/{file.pk}/anything")
    assert b"".join(answer.streaming_content) == data  # type: ignore[arg-type]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "private, no-store"
    assert client.get(f"/previews/{file.pk}/thumb").status_code == 404
    assert path_of(file.sha256).name == file.sha256
    assert not set("/\\\r\n\u202e") & set(file.name)
    assert len(file.name) <= 150
    assert not file.name.startswith(".")


def test_a_preview_is_a_picture_of_ours_and_made_once(katya: Person, png: bytes) -> None:
    client = client_of(katya)
    file = Attachment.objects.get(message=with_files(katya, kept(png + b"<script>", name="a.png", type="image/png")))
    first, second = (client.get(f"/previews/{file.pk}/thumb") for _ in range(2))
    data = b"".join(first.streaming_content)  # type: ignore[arg-type]
    assert data[8:12] == b"WEBP"
    assert b"<script>" not in data
    assert first["Content-Type"] == "image/webp"
    assert first["X-Content-Type-Options"] == "nosniff"
    assert b"".join(second.streaming_content) == data  # type: ignore[arg-type]


def test_a_picture_of_too_many_pixels_has_no_preview(katya: Person) -> None:
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    file = Attachment.objects.get(message=with_files(katya, kept(bomb, name="b.png", type="image/png")))
    assert client_of(katya).get(f"/previews/{file.pk}/thumb").status_code == 404


def test_files_of_others_and_of_notes_are_not_there(katya: Person, png: bytes) -> None:
    anna = make.agent("Анна")
    message = with_files(katya, kept(png, name="a.png", type="image/png"))
    note = desk.note(
        message.ticket,
        desk.Content(text="x", files=[kept(png, name="CANARY.png", type="image/png")]),
        actor=make.actor(anna),
    )
    seen, hidden = (Attachment.objects.get(message=one) for one in (message, note))
    stranger = client_of(make.person())
    for address in (f"/files/{seen.pk}/a", f"/previews/{seen.pk}/thumb", f"/messages/{message.pk}/body"):
        assert stranger.get(address).status_code == 404
    for address in (f"/files/{hidden.pk}/a", f"/previews/{hidden.pk}/thumb"):
        assert client_of(katya).get(address).status_code == 404
        assert client_of(anna).get(address).status_code == 200
    assert Client().get(f"/files/{seen.pk}/a").status_code == 302


def test_an_upload_over_the_limit_is_refused_with_the_way_round(katya: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otklik.tickets.attachments.MAX_FILE", 10)
    answer = client_of(katya).post("/uploads", {"file": named("a.bin", b"x" * 11)})
    assert answer.status_code == 413
    assert "снимок экрана" in answer.json()["error"]


def test_files_that_belong_to_nothing_do_not_pile_up(katya: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otklik.web.files.MAX_WAITING", 2)
    client = client_of(katya)
    assert [client.post("/uploads", {"file": named("a", b"x")}).status_code for _ in range(3)] == [201, 201, 429]


def test_an_unpainted_picture_is_dropped_when_the_painted_one_comes(katya: Person, png: bytes) -> None:
    client = client_of(katya)
    first = client.post("/uploads", {"file": named("a.png", png)}).json()["id"]
    second = client.post("/uploads", {"file": named("a.png", png), "replaces": first}).json()["id"]
    assert client.get(f"/previews/uploads/{first}").status_code == 404
    assert client.get(f"/previews/uploads/{second}").status_code == 200
    assert client_of(make.person()).get(f"/previews/uploads/{second}").status_code == 404


def test_inline_pictures_come_by_addresses_that_end_with_the_right(katya: Person, png: bytes) -> None:
    picture = kept(png, name="a.png", type="image/png", content_id="<Pic@Mail>", is_inline=True)
    message = with_files(katya, picture, html='<p>see</p><img src="cid:pic@mail"><img src="https://t.example/p.gif">')
    answer = client_of(katya).get(f"/messages/{message.pk}/body")
    page = answer.content.decode()
    source = page.split('src="http://testserver')[1].split('"')[0]
    assert "t.example" not in page
    assert "1 картинка из интернета" in page
    picture_answer = Client().get(source)
    assert picture_answer["Content-Type"] == "image/webp"
    assert picture_answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert Client().get(source[:-2] + "xx").status_code == 404
    Person.objects.filter(pk=katya.pk).update(is_active=False)
    assert Client().get(source).status_code == 404


def test_the_frame_has_a_policy_of_its_own(katya: Person) -> None:
    message = with_files(katya, html="<p>hello</p>")
    policy = client_of(katya).get(f"/messages/{message.pk}/body")["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize("body", BODIES)
def test_s01_nothing_but_the_allowed_is_left_of_a_hostile_body(body: str) -> None:
    made = str(clean(body, {}).html)
    assert_harmless(made)
    assert EVIL not in made or "href" in made


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from([*BODIES, "<b>", "</b>", "<!--", "-->", "<p title='", "'>", "<table>", "]]>"]), max_size=4)
)
def test_s01_mixtures_are_harmless_and_clean_is_stable(parts: list[str]) -> None:
    made = str(clean("".join(parts), {}).html)
    assert_harmless(made)


def assert_harmless(made: str) -> None:
    """Read the result as a browser would: only allowed tags, no handler, no address that is not a link."""
    tree = html5lib.parseFragment(made, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in TAGS | {"tbody", "colgroup"}
        for name, value in element.attrib.items():
            assert not name.lower().startswith(("on", "style", "hx-", "data-", "x-", "srcset", "id", "name", "class"))
            if name == "href":
                assert value.split(":")[0].lower() in SCHEMES
            assert name != "src"
            assert name == "href" or EVIL not in value  # as a word of the text it is harmless, as style cut open
    assert "cid:" not in made


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("<>\"'& htps:/.jva\nmilo@#()\t\x00"), max_size=80))
def test_plain_text_becomes_text_and_links_to_the_web_only(text: str) -> None:
    tree = html5lib.parseFragment(str(linkified(text)), namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag in {"DOCUMENT_FRAGMENT", "p", "br", "a"}
        if element.tag == "a":
            assert element.attrib["href"].lower().startswith(("http://", "https://", "mailto:"))
            assert element.attrib["href"] == element.text


def test_a_link_shows_where_it_really_leads() -> None:
    made = str(clean('<a href="https://evil.example/x">https://bank.example</a>', {}).html)
    assert 'title="evil.example"' in made


def test_s03_markup_in_names_and_texts_is_only_text(katya: Person) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    anna = make.agent(f"Анна {evil}", job_title=evil)
    requester = make.person(f"Катя {evil}", device=evil, organisation=make.organisation(evil), place=make.place(evil))
    service = Service.objects.create(code="evil", name_ru=evil, name_en=evil, description_ru=evil, icon="laptop")
    ticket = make.ticket(requester=requester, status="open", by=anna, subject=evil, service=service, text=evil)
    desk.set_public_status(ticket, text=evil, actor=make.actor(anna))
    desk.reply(
        ticket,
        desk.Content(text=evil, error_text=evil, files=[kept(b"x", name=evil, type="a/b")]),
        actor=make.actor(anna),
    )
    client = client_of(requester)
    client.post("/drafts/report", {"subject": evil, "description": evil, "place_text": evil})
    pages = ("/", "/requests", f"/requests/{ticket.number}", "/report?service=evil", f"/report/sent/{ticket.number}")
    for address in (*pages, "/report/places?q=img", "/report/promise?effect=hard&scope=me&service=evil"):
        assert b"<img src=x" not in client.get(address).content, address
