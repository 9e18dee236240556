"""Files go in before their message and come out only as downloads."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from otklik.api.tests.call import BASE, by
from otklik.tickets.tests import make

pytestmark = pytest.mark.django_db


def sent(api, name: str, data: bytes = b"<svg/>", kind: str = "image/svg+xml"):
    return api.browser.post(f"{BASE}/uploads", {"file": SimpleUploadedFile(name, data, kind)}, headers=api.headers)


def test_a_file_is_sent_named_in_a_message_and_read_again():
    vera = make.person()
    api = by(vera)
    upload = sent(api, "../../план.svg")
    assert (upload.status_code, upload.json()["name"]) == (201, "план.svg")
    opened = api.post("/tickets", {"subject": "x", "text": "y", "files": [upload.json()["id"]]})
    messages = api.get(f"/tickets/{opened.json()['number']}/messages").json()["messages"]
    answer = api.get(f"/attachments/{messages[0]['files'][0]['id']}")
    assert b"".join(answer.streaming_content) == b"<svg/>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")
    stranger = by(make.person())
    assert stranger.get(f"/attachments/{messages[0]['files'][0]['id']}").status_code == 404


def test_a_file_of_somebody_else_cannot_be_named():
    upload = sent(by(make.person()), "a.txt").json()
    answer = by(make.person()).post("/tickets", {"subject": "x", "text": "y", "files": [upload["id"]]})
    assert (answer.status_code, answer.json()["wrong"][0]["where"]) == (422, "files")


def test_a_file_without_a_file_is_told_what_is_missing():
    api = by(make.person())
    assert api.browser.post(f"{BASE}/uploads", {}, headers=api.headers).status_code == 422


def test_a_file_beyond_the_limit_is_refused(monkeypatch):
    from otklik.tickets import attachments

    monkeypatch.setattr(attachments, "MAX_FILE", 10)
    assert sent(by(make.person()), "a.bin", b"0" * 11).status_code == 413
