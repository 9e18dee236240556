"""Bytes become readable text whatever they claim to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email import charsets, headers

from . import corpus

SENTENCE = "Не работает принтер в регистратуре, помогите пожалуйста"
CYRILLIC = ["koi8-r", "windows-1251", "ibm866", "iso8859-5", "mac-cyrillic", "utf-8"]


@pytest.mark.parametrize("charset", CYRILLIC)
def test_undeclared_russian_is_read_in_every_charset(charset):
    assert charsets.decode(SENTENCE.encode(charset)) == SENTENCE


@pytest.mark.parametrize("charset", CYRILLIC)
def test_an_undeclared_russian_subject_is_read(charset):
    assert headers.decode("Принтер не печатает".encode(charset)) == "Принтер не печатает"


@pytest.mark.parametrize("declared", ["us-ascii", "iso-8859-1", "windows-1252", "no-such-charset", "", "utf-8"])
def test_a_wrong_declaration_is_seen_through(declared):
    assert charsets.decode(SENTENCE.encode("windows-1251"), declared) == SENTENCE


def test_german_is_not_taken_for_russian():
    text = "Die Prüfung läuft über Größe und Maß"
    assert charsets.decode(text.encode("latin-1")) == text
    assert headers.decode("Priorität".encode("latin-1")) == "Priorität"


def test_a_codec_that_is_no_charset_is_not_used():
    for name in ("zlib", "unicode_escape", "punycode", "idna", "rot13", "hex", "undefined"):
        assert charsets.known(name) == ""
    assert charsets.decode(rb"\u0041", "unicode_escape") == r"\u0041"


@pytest.mark.skipif(
    not (corpus.DATA / "A_charsets").is_dir(), reason="the texts in old charsets are not beside the project"
)
def test_whole_texts_in_old_charsets_are_recognised():
    folders = {"IBM866": "cp866", "KOI8-R": "koi8-r", "MacCyrillic": "mac-cyrillic"}
    folders |= {"iso-8859-5-russian": "iso8859-5", "windows-1251-russian": "cp1251"}
    wrong = []
    for folder, charset in folders.items():
        for path in sorted((corpus.DATA / "A_charsets" / folder).iterdir()):
            data = path.read_bytes()
            if charsets.decode(data) != data.decode(charset, "replace").replace("\x00", ""):
                wrong.append(path.name)
    assert wrong == []


@given(
    st.binary(max_size=400),
    st.sampled_from(["", "utf-8", "koi8-r", "utf-7", "iso-2022-jp", "x-user-defined", "utf-16"]),
)
def test_no_bytes_break_the_decoder(data, declared):
    assert isinstance(charsets.decode(data, declared), str)


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["", "us-ascii", "utf-8"])
def test_two_bytes_a_character_are_known_without_a_mark(charset, declared):
    for text in ("Принтер не печатает", "The printer is jammed"):
        assert charsets.decode(text.encode(charset), declared) == text


def test_a_wrong_cyrillic_charset_is_found_out_by_twenty_letters():
    text = "Принтер не печатает, помогите"
    for real, declared in (("cp1251", "koi8-r"), ("koi8-r", "windows-1251"), ("cp1251", "iso-8859-5")):
        assert charsets.decode(text.encode(real), declared) == text


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "ibm866"])
def test_a_right_cyrillic_charset_is_believed(charset):
    for text in ("НЕ РАБОТАЕТ ПРИНТЕР В КАБИНЕТЕ", "СПб ГБУЗ «ГКДЦ», каб. 12", "съезд, объём, ЭХЩЖ", "Щур Юрий"):
        try:
            assert charsets.decode(text.encode(charset), charset) == text
        except UnicodeEncodeError:
            continue
