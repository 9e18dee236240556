"""An answer finds its ticket by a signature only (S-11)."""

from hypothesis import given
from hypothesis import strategies as st

from otklik.outbox import addressing
from otklik.outbox.addressing import Keys, MessageId, ReplyAddress

KEYS = Keys(current=2, secrets={1: b"old" * 11, 2: b"new" * 11})
NUMBERS = st.integers(1, 10**12)


@given(NUMBERS, NUMBERS)
def test_what_was_signed_is_read_back(ticket, other):
    address = addressing.reply_address(ticket, other, domain="clinic.example", keys=KEYS)
    ours = addressing.message_id(ticket, other, domain="clinic.example", keys=KEYS)
    assert addressing.read_reply_address(address, keys=KEYS) == ReplyAddress(ticket, other)
    assert addressing.read_reply_address(address.upper(), keys=KEYS) == ReplyAddress(ticket, other)
    assert addressing.read_message_id(ours, keys=KEYS) == MessageId(ticket, other)
    assert len(address.partition("@")[0]) <= 64


@given(NUMBERS, NUMBERS, st.integers(0, 60), st.characters(codec="ascii"))
def test_s11_an_altered_address_is_no_address(ticket, recipient, place, letter):
    address = addressing.reply_address(ticket, recipient, domain="clinic.example", keys=KEYS)
    local = address.partition("@")[0]
    place = place % len(local)
    altered = local[:place] + letter + local[place + 1 :]
    read = addressing.read_reply_address(altered + "@clinic.example", keys=KEYS)
    assert read is None or read == ReplyAddress(ticket, recipient)


def test_a_signature_of_one_kind_does_not_serve_as_the_other():
    address = addressing.reply_address(7, 9, domain="clinic.example", keys=KEYS)
    signature = address.partition("@")[0].rpartition(".")[2]
    assert addressing.read_message_id(f"<ot.7.9.{signature}@clinic.example>", keys=KEYS) is None


def test_old_keys_verify_and_unknown_ones_do_not():
    old = addressing.message_id(7, 9, domain="clinic.example", keys=Keys(current=1, secrets=KEYS.secrets))
    assert addressing.read_message_id(old, keys=KEYS) == MessageId(7, 9)
    assert addressing.read_message_id(old, keys=Keys(current=2, secrets={2: KEYS.secrets[2]})) is None


@given(st.text(max_size=100))
def test_no_text_breaks_the_readers(text):
    assert addressing.read_message_id(text, keys=KEYS) is None
    assert addressing.read_reply_address(text, keys=KEYS) is None
