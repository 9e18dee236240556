"""S-22: nothing of ours can be made to talk to the inside of the house."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik import egress
from otklik.egress import Allowed, Refused, TooLarge
from otklik.egress.addresses import check, embedded, special

HERE = Allowed.parse("127.0.0.1/32")


class Page(BaseHTTPRequestHandler):
    """A small server that redirects inside, answers endlessly, and notes what reached it."""

    seen: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        Page.seen.append((self.headers["Host"], self.path))
        self.send_response(302 if self.path == "/redirect" else 200)
        self.send_header("Location", "http://169.254.169.254/latest")
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        size = egress.MAX_ANSWER + 1 if self.path == "/endless" else 5
        self.wfile.write(b"x" * size)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    Page.seen.clear()
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://１２７.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://[2002:7f00:1::]/",
        "http://0.0.0.0:{port}/",
        "http://100.64.0.1/",
        "http://8.8.8.8:5432/",
        "http://user:password@8.8.8.8/",
        "gopher://8.8.8.8/",
        "file:///etc/passwd",
        "http://no-such-name.invalid/",
    ],
)
def test_s22_targets_inside_are_refused_before_a_connection_is_made(url: str, port: int) -> None:
    heard: list[Refused] = []
    egress.refused.append(heard.append)
    with pytest.raises(Refused) as refusal:
        egress.fetch("GET", url.format(port=port))
    egress.refused.remove(heard.append)
    assert refusal.value.rule
    assert [each.rule for each in heard] == [refusal.value.rule]
    assert Page.seen == []


def test_s22_a_name_that_answers_differently_the_second_time_is_asked_only_once(port: int) -> None:
    answers = [["127.0.0.1"], ["8.8.8.8"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with egress.client([HERE], resolver=rebinding) as session:
        answer = session.get(f"http://rebind.example:{port}/page")
    assert (answer.text, asked) == ("xxxxx", ["rebind.example"])
    assert Page.seen == [(f"rebind.example:{port}", "/page")]  # under its own name, at the checked address


def test_s22_one_inside_address_among_many_is_enough_to_refuse(port: int) -> None:
    with egress.client(resolver=lambda host, port: ["8.8.8.8", "10.0.0.1"]) as session, pytest.raises(Refused):
        session.get("http://mixed.example/")


def test_s22_a_redirect_is_shown_not_followed(port: int) -> None:
    with egress.client([HERE]) as session:
        answer = session.get(f"http://127.0.0.1:{port}/redirect")
    assert answer.status_code == 302
    assert len(Page.seen) == 1


@pytest.mark.parametrize("path", ["/endless", "/bomb"])
def test_an_answer_that_is_too_long_or_packed_is_not_read(
    path: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTKLIK_EGRESS_ALLOW", f"127.0.0.1/32:{port}")
    with pytest.raises(TooLarge):
        egress.fetch("GET", f"http://127.0.0.1:{port}{path}")


def test_a_proxy_in_the_environment_is_not_used(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with egress.client([HERE]) as session:
        assert session.get(f"http://127.0.0.1:{port}/").status_code == 200


def test_an_administrators_word_holds_for_its_network_and_port_only() -> None:
    word = Allowed.parse("10.1.2.0/24:8443")
    assert check("wiki", ["10.1.2.9"], 8443, [word]) == "10.1.2.9"
    for address, port in (("10.1.2.9", 443), ("10.1.3.9", 8443)):
        with pytest.raises(Refused):
            check("wiki", [address], port, [word])
    assert Allowed.parse("[fd00::/8]:443").covers(ipaddress.ip_address("fd00::1"), 443)
    assert Allowed.parse("fd00::/8").port == 0


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_no_better_in_any_ipv6_dress(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    dresses = (0xFFFF << 32 | number, number, 0x0064FF9B << 96 | number, 0x2002 << 112 | number << 80)
    for dress in dresses:
        address = ipaddress.IPv6Address(dress)
        assert embedded(address) == inner
        assert special(address)


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_or_special_is_refused(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if (
        address.is_private
        or address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
    ):
        assert special(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "77.88.8.8", "2a02:6b8::feed:ff"])
def test_plain_global_addresses_are_fine(address: str) -> None:
    assert special(ipaddress.ip_address(address)) == ""


def test_certificates_are_checked_under_the_name_not_the_address(port: int) -> None:
    with egress.client([HERE], resolver=lambda host, port: ["127.0.0.1"]) as session, pytest.raises(httpx.ConnectError):
        session.get(f"https://name.example:{port}/")
