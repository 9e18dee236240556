"""Header fields are read as people meant them."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email import headers
from otklik.channels.email.addresses import Address, parse

RUSSIAN = "Срочно: не открывается карта пациента"


def word(data: bytes, charset: str) -> bytes:
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(data) + b"?="


@pytest.mark.parametrize("charset", ["koi8-r", "windows-1251", "utf-8"])
def test_encoded_words_are_decoded(charset):
    assert headers.decode(word(RUSSIAN.encode(charset), charset)) == RUSSIAN


@given(st.integers(1, 60))
def test_a_character_split_over_two_words_is_whole_again(cut):
    data = RUSSIAN.encode()
    assert headers.decode(word(data[:cut], "utf-8") + b"\r\n " + word(data[cut:], "utf-8")) == RUSSIAN


def test_words_with_blanks_question_marks_and_raw_bytes_inside_are_decoded():
    assert headers.decode(b"=?utf-8?Q?why not??=") == "why not?"
    assert headers.decode(b"=?iso-8859-1?Q?Die_Fr\xf6sche?=") == "Die Frösche"
    assert headers.decode(b"=?utf-8?B?0J/RgNC40LLQtdGC") == "Привет"


def test_a_charset_used_in_the_body_helps_with_an_undeclared_name():
    assert headers.decode("Ян".encode("koi8-r"), hint="koi8-r") == "Ян"


def test_a_subject_is_one_line_and_cannot_turn_the_writing_round():
    assert headers.decode("счёт\u202egpj.exe\r\n\tдва\x00".encode()) == "счётgpj.exe два"


def test_file_names_split_and_encoded_by_rfc_2231_are_joined():
    field = b"attachment; filename*0*=utf-8''%D0%B0%D0%BA; filename*1*=%D1%82; filename*2=.pdf"
    assert headers.parameters(field) == ("attachment", {"filename": "акт.pdf"})


def test_quotes_and_semicolons_inside_a_parameter_belong_to_it():
    kind, found = headers.parameters(b'text/plain; name="a;b\\"c.txt"; charset=koi8-r')
    assert (kind, found) == ("text/plain", {"name": 'a;b"c.txt', "charset": "koi8-r"})


def test_dates_are_instants_and_nonsense_is_none():
    assert headers.date(b"Mon, 6 May 2024 10:00:00 +0300") == datetime(2024, 5, 6, 7, tzinfo=UTC)
    for nonsense in (b"yesterday", b"Fri, 31 Dec 9999 23:59:59 -1200", b"", b"(" * 5000, b"99 Foo 99999 99:99"):
        assert headers.date(nonsense) is None


@given(st.binary(max_size=300))
def test_no_header_breaks_the_readers(data):
    headers.decode(data)
    headers.parameters(data)
    headers.date(data)
    headers.message_ids(data)
    parse(data)


def test_addresses_are_read_from_whatever_programs_write():
    cases = {
        b'"Petrova, Olga" <olga@clinic.example>': [Address("Petrova, Olga", "olga@clinic.example")],
        b"olga@clinic.example (Olga)": [Address("Olga", "olga@clinic.example")],
        b"Staff: a@x.example, B <b@x.example>;": [Address("", "a@x.example"), Address("B", "b@x.example")],
        b"=?utf-8?Q?Doe,_John?= <j@x.example>": [Address("Doe, John", "j@x.example")],
        b'"Unclosed <u@x.example>': [Address("Unclosed", "u@x.example")],
        b"<a@x.example>, , <b@x.example>": [Address("", "a@x.example"), Address("", "b@x.example")],
        b"name a@x.example": [Address("name", "a@x.example")],
    }
    assert {field: list(parse(field)) for field in cases} == cases


def test_a_second_address_hidden_in_the_name_does_not_become_the_sender():
    assert parse(b'"chief@clinic.example" <evil@x.example>')[0].address == "evil@x.example"


def test_a_name_cut_within_an_escape_is_put_together():
    field = b"attachment; filename*0*=koi8-r'ru'%EF%D4%DE%; filename*1*=A3%D4.pdf"
    assert headers.parameters(field)[1]["filename"] == "Отчёт.pdf"
