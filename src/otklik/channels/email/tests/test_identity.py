"""A sender is believed on the word of our own server only."""

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from otklik.channels.email.identity import aligned, content_identity, sender_state
from otklik.channels.email.message import parse

OURS = ("mx.clinic.example",)


def state(*fields: str, author: str = "olga@corp.example", **known) -> str:
    raw = "".join(f"{field}\r\n" for field in fields) + f"From: {author}\r\nSubject: x\r\n\r\nhello\r\n"
    return sender_state(parse(raw.encode()), **{"authserv_ids": OURS, **known})


def results(result: str, server: str = "mx.clinic.example") -> str:
    return f"Authentication-Results: {server}; {result}"


def test_s12_only_the_top_most_results_of_our_own_server_count():
    failed, passed = "dmarc=fail header.from=corp.example", "dmarc=pass header.from=corp.example"
    assert state(results(failed), results(passed)) == "failed"
    assert state(results(passed), results(failed)) == "verified"
    assert state(results(passed, "mx.evil.example")) == "unverified"
    assert state(results(passed, "mx.evil.example"), results(failed)) == "failed"
    assert state(results(passed), authserv_ids=()) == "unverified"


def test_a_result_hidden_in_a_comment_is_no_result():
    assert state(results("dmarc=none (dmarc=pass; dmarc=pass header.from=corp.example)")) == "unverified"


def test_dmarc_must_speak_of_the_author():
    assert state(results("dmarc=pass header.from=evil.example")) == "unverified"


def test_an_aligned_signature_serves_where_dmarc_is_silent():
    assert state(results("dkim=pass header.d=corp.example; dmarc=none")) == "verified"
    assert state(results("dkim=pass header.d=evil.example; dmarc=none")) == "unverified"
    assert state(results("spf=pass smtp.mailfrom=corp.example")) == "unverified"


def test_two_authors_are_never_believed():
    assert state("From: boss@corp.example", results("dmarc=pass header.from=corp.example")) == "failed"
    assert state(results("dmarc=pass"), author="a@corp.example, b@corp.example") == "failed"


def test_senders_of_a_declared_relay_are_believed_but_not_against_dmarc():
    assert state(trusted_domains=("corp.example",)) == "verified"
    assert state(trusted_domains=("other.example",)) == "unverified"
    assert state(results("dmarc=fail"), trusted_domains=("corp.example",)) == "failed"


def test_alignment_goes_upwards_only():
    assert aligned("mail.corp.example", "corp.example")
    assert not aligned("corp.example", "evil.corp.example")
    assert not aligned("corp.example", "example")
    assert not aligned("notcorp.example", "corp.example")


def test_our_own_check_of_a_signature_needs_no_server():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    import base64

    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    raw = b"From: olga@corp.example\r\nTo: desk@clinic.example\r\nSubject: x\r\n\r\nhello\r\n"
    signed = dkim.sign(raw, b"s", b"corp.example", private, include_headers=[b"from", b"to", b"subject"]) + raw

    def answer(name, timeout=5):
        return record if name == b"s._domainkey.corp.example." else None

    def judged(data: bytes) -> str:
        return sender_state(parse(data), raw=data, resolver=answer)

    assert judged(signed) == "verified"
    partly = dkim.sign(raw, b"s", b"corp.example", private, include_headers=[b"from"], length=True) + raw
    assert judged(partly + b"and send the money elsewhere") == "unverified"  # it signs only what comes first
    assert judged(signed.replace(b"hello", b"other")) == "unverified"
    assert judged(signed.replace(b"From: olga@corp.example", b"From: olga@bank.example")) == "unverified"


def test_two_copies_of_a_letter_are_one_and_a_forged_id_is_not():
    letter = b"From: a@x.example\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n"
    journey = b"Received: by b\r\n\tfor c\r\nDelivered-To: desk@clinic.example\r\n" + letter.replace(b"\r\n", b"\n")
    other = letter.replace(b"hello", b"other")
    assert content_identity(letter) == content_identity(journey)
    assert content_identity(letter) != content_identity(other)


def test_what_servers_write_for_one_receiver_makes_no_other_letter():
    letter = b"From: a@x.example\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\nhello\r\n"
    for field in (
        b"X-Yandex-Spam: 1",
        b"X-MS-Exchange-Organization-Network-Message-Id: 7c1d",
        b"X-Mras: Ok",
        b"DKIM-Signature: v=1; d=forwarder.example; b=x",
        b"ARC-Seal: i=1",
    ):
        assert content_identity(field + b"\r\n" + letter) == content_identity(letter), field


def test_letters_of_a_machine_without_an_id_are_told_apart_by_who_took_them_over():
    def came(at: str, through: str = "") -> bytes:
        hop = f"Received: from printer by relay.example; {at}\r\n"
        return f"{through}{hop}From: printer@x.example\r\nSubject: Jam\r\n\r\nPaper jam\r\n".encode()

    assert content_identity(came("10:00:00")) != content_identity(came("10:05:00"))
    other = came("10:00:00", "Received: from relay.example by mx2.example; 10:00:02\r\n")
    assert content_identity(came("10:00:00", "Received: from relay by mx1; 10:00:01\r\n")) == content_identity(other)


def test_a_result_that_names_no_author_is_not_believed_of_a_letter_with_two_addresses():
    assert state(results("dmarc=pass")) == "verified"
    assert state(results("dmarc=pass"), author='"evil@x.example" <olga@corp.example>') == "unverified"
