"""A raw letter is understood: words, files, kinds, and who it is from."""

from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email.message import Letter, file_name, parse
from otklik.channels.email.sandbox import Parked, understand


def letter(head: str, body: str | bytes = b"") -> Letter:
    raw = head.replace("\n", "\r\n").encode() + b"\r\n\r\n"
    return parse(raw + (body.replace("\n", "\r\n").encode() if isinstance(body, str) else body))


MIXED = """--x
Content-Type: text/plain; charset=utf-8

Здравствуйте, не печатает.
--x
Content-Type: application/pdf; name="акт.pdf"
Content-Disposition: attachment; filename="акт.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--x--
"""
HEAD = "From: Olga <olga@clinic.example>\nSubject: Принтер\nContent-Type: multipart/mixed; boundary=x"


def test_text_and_files_come_apart():
    one = letter(HEAD, MIXED)
    assert (one.author.address, one.subject, one.text) == (
        "olga@clinic.example",
        "Принтер",
        "Здравствуйте, не печатает.",
    )
    assert [(file.name, file.type, file.content, file.inline) for file in one.attachments] == [
        ("акт.pdf", "application/pdf", b"%PDF-", False)
    ]


def test_the_plain_form_of_an_alternative_is_the_text_and_html_is_kept():
    body = "--x\n\nplain\n--x\nContent-Type: text/html\n\n<p>rich</p>\n--x--\n"
    one = letter("From: a@b.example\nContent-Type: multipart/alternative; boundary=x", body)
    assert (one.text.strip(), one.html.strip(), one.attachments) == ("plain", "<p>rich</p>", ())


def test_a_letter_of_html_alone_is_read_without_script_and_style():
    one = letter(
        "From: a@b.example\nContent-Type: text/html; charset=utf-8",
        "<style>p{}</style><script>x()</script><p>Привет,<br>мир</p><blockquote>старое</blockquote>"
        '<a href="https://x.example/">ссылка</a>',
    )
    assert one.text == "Привет,\nмир\n\n> старое\n\nссылка (https://x.example/)"


def test_words_moved_to_the_right_are_not_quoted():
    moved = '<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>ошибка 5</div></blockquote>'
    quoted = '<blockquote class="gmail_quote" style="margin:0;border-left:none">старое</blockquote>'
    one = letter("From: a@b.example\nContent-Type: text/html; charset=utf-8", f"<p>Вижу:</p>{moved}<p>и</p>{quoted}")
    assert [line for line in one.text.split("\n") if line] == ["Вижу:", "ошибка 5", "и", "> старое"]


def test_flowed_lines_are_joined_and_quotes_stay_apart():
    one = letter(
        "From: a@b.example\nContent-Type: text/plain; format=flowed",
        "one \ntwo\n> old \n> text\n-- \nOlga",
    )
    assert one.text == "one two\n> old text\n-- \nOlga"


def test_uuencoded_files_in_the_text_become_attachments():
    one = letter("From: a@b.example", "see\nbegin 644 note.txt\n$86)C9```\nend\nbye\n")
    assert [(file.name, file.content) for file in one.attachments] == [("note.txt", b"abcd")]
    assert "uuencode" in one.kinds
    assert "begin 644" not in one.text


def test_special_kinds_are_named():
    cases = {
        "application/ms-tnef": "tnef",
        "text/calendar; method=REQUEST": "calendar",
        "message/rfc822": "nested message",
        "application/pkcs7-mime; smime-type=enveloped-data": "s/mime encrypted",
    }
    for kind, name in cases.items():
        one = letter(f"From: a@b.example\nContent-Type: {kind}", "Subject: inner\n\nx")
        assert one.kinds == (name,)
        assert len(one.attachments) == 1


def test_a_letter_sent_on_as_a_file_keeps_it_and_shows_its_words():
    body = "--x\nContent-Type: message/rfc822\n\nSubject: Договор\n\nвнутри\n--x--\n"
    one = letter("From: a@b.example\nContent-Type: multipart/mixed; boundary=x", body)
    assert ([file.name for file in one.attachments], one.text) == (["Договор.eml"], "внутри")


def test_names_of_files_are_never_paths():
    assert [file_name(name) for name in ("../../etc/passwd", "C:\\temp\\a.doc", "..", "a\u202egnp.exe")] == [
        "passwd",
        "a.doc",
        "",
        "agnp.exe",
    ]
    assert len(file_name("x" * 300 + ".pdf")) == 150
    assert file_name("x" * 300 + ".pdf").endswith(".pdf")


def test_two_from_fields_are_counted():
    assert letter("From: a@b.example\nFrom: c@d.example").authors == 2


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_parser(data):
    assert isinstance(understand(data), Letter)


@given(
    st.lists(
        st.sampled_from(
            [
                b"From: a@b",
                b"--x",
                b"--x--",
                b"",
                b"\r",
                b" ",
                b"Content-Type: multipart/mixed; boundary=x",
                b"Content-Type: message/rfc822",
                b"Content-Transfer-Encoding: base64",
                b"begin 644 a",
                b"end",
                b"> q",
                b"=?a?B?",
            ]
        ),
        max_size=40,
    )
)
def test_no_mixture_of_mail_like_lines_breaks_the_parser(lines):
    answer = understand(b"\n".join(lines))
    assert isinstance(answer, Letter) or (isinstance(answer, Parked) and answer.reason == "limit: depth")


def alternative(plain: str, page: str) -> Letter:
    body = f"--x\n\n{plain}\n--x\nContent-Type: text/html; charset=utf-8\n\n{page}\n--x--\n"
    return letter("From: a@b.example\nContent-Type: multipart/alternative; boundary=x", body)


def test_a_plain_form_that_only_asks_for_another_program_gives_way_to_the_page():
    one = alternative("Your mail program does not support HTML messages.", "<p>Принтер не печатает</p>")
    assert one.text == "Принтер не печатает"
    for plain, page in (("Да, готово", "<p>Да,<br>готово</p>"), ("ok", "<p>Ok</p><p>Olga</p>"), ("see it", "<img>")):
        assert alternative(plain, page).text.strip() == plain


def test_text_of_a_kind_that_nobody_knows_is_read_as_plain_text():
    kinds = {"text/markdown; charset=utf-8": "# привет", "text/enriched": "<bold>hi</bold> there", "text/x-log": "a"}
    said = [letter(f"From: a@b.example\nContent-Type: {kind}", body).text for kind, body in kinds.items()]
    assert said == ["# привет", "hi there", "a"]
    assert letter("From: a@b.example\nContent-Type: text/rtf", "{\\rtf1 hi}").text == ""


def test_plain_words_that_claim_to_be_base64_are_left_as_they_are():
    head = "From: a@b.example\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"
    for text in ("Просто текст, никакого base64.", "hello world this is plain", "0L/RgNC40LLQtdGC"):
        assert letter(head, text).text == ("привет" if text.startswith("0L") else text)


def test_an_address_that_follows_another_without_a_comma_makes_two_authors():
    assert letter("From: <boss@bank.example> <evil@x.example>").authors == 2
    assert letter("From: Boss <boss@bank.example>").authors == 1
