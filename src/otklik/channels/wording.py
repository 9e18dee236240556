"""Why a letter is where it is, and what is wrong with a mailbox, in words for people."""

from __future__ import annotations

from django.utils.translation import gettext as _


def outcome(code: str) -> str:
    """What became of a letter."""
    return {
        "opened": _("new ticket"),
        "joined": _("to a conversation"),
        "parked": _("in quarantine"),
        "refused": _("refused"),
        "duplicate": _("repeated"),
        "": _("not read yet"),
    }[code]


def reason(code: str) -> str:
    """Why, in a few words; empty where nothing is to be explained."""
    words = {
        "": "",
        "authentication": _("looks forged"),
        "automatic": _("written by a machine"),
        "automatic_joined": _("written by a machine"),
        "automatic_closed": _("a machine's answer to a closed ticket"),
        "loop": _("machines answering each other"),
        "flood": _("too many letters from one address"),
        "no_sender": _("no sender's address"),
        "inactive_person": _("a former colleague"),
        "spam_ticket": _("answers a ticket cancelled as spam"),
        "sender_refused": _("sender refused before"),
        "person_refused": _("refused by a person"),
        "released": _("let through by a person"),
        "own_mail": _("our own letter that came back"),
        "desk_refused": _("the desk did not take it"),
        "error": _("our own fault"),
        "unreadable": _("could not be taken apart"),
        "limit": _("beyond any sensible size"),
        "too_large": _("too large"),
        "time": _("takes too long to read"),
        "memory": _("takes too much memory to read"),
        "processor time": _("takes too long to read"),
        "same_letter": _("the same letter came before"),
        "other_mailbox": _("came to another mailbox too"),
        "credentials": _("a code or a sign-in link"),
        "follow_up": _("continues a closed ticket"),
        "gratitude": _("thanks only"),
        "staff_reply": _("answer of a colleague"),
        "staff_note": _("note of a colleague"),
        "confirm_unknown_sender": _("sender to be confirmed in the ticket"),
        "confirm_automatic": _("sender to be confirmed in the ticket"),
        "confirm_staff_unverified": _("a colleague's address that could not be checked"),
        "report_delivery": _("delivery report"),
        "report_receipt": _("read receipt"),
        "report_complaint": _("marked as spam by its reader"),
        "report_about_nothing": _("delivery report about no letter of ours"),
    }
    return words.get(code, code)


def explanation(code: str) -> str:
    """A sentence for the one who decides about a parked letter."""
    words = {
        "authentication": _("The mail server of the sender's domain says that it did not send this letter."),
        "several_authors": _("Its header names several senders, as forgers do: nobody can vouch for one of them."),
        "automatic": _("A machine wrote it (a mailing, an absence note), and it belongs to no ticket."),
        "no_sender": _("Nobody can be answered: the letter names no sender."),
        "inactive_person": _("The sender is known, and his access was taken away."),
        "spam_ticket": _("The ticket it answers was cancelled as spam or as a test."),
        "desk_refused": _("The ticket it belongs to did not take it."),
        "error": _("We failed to place it, several times. The letter is whole."),
        "limit": _("It is larger, deeper or more numerous than any honest letter. It is whole, as it came."),
        "too_large": _(
            "It is larger than 50 MB: only its beginning is kept here, the mail server still has it whole."
            " A person we know was told what to do instead."
        ),
        "report_about_nothing": _("A mail server reports about a letter that we did not send."),
    }
    return words.get(code, _("It could not be read by itself. The letter is whole, as it came."))


def trouble(code: str) -> str:
    """What is wrong with a mailbox, and what to look at."""
    words = {
        "no_address": _("There is no such server: check the name for a slip of the pen."),
        "inside": _("This address is inside our own network; the operator must allow it (OTKLIK_EGRESS_ALLOW)."),
        "port": _("Mail is read on ports 993 and 143; another one must be allowed by the operator."),
        "connect": _("The server cannot be reached: check its name and the firewall."),
        "closed_port": _("The server answers, but nobody listens on this port: check the port."),
        "certificate": _("The server's certificate does not fit its name or is not trusted."),
        "tls": _("No protected connection came about: TLS and STARTTLS may be mixed up, 993 is TLS, 143 is STARTTLS."),
        "starttls": _("The server offers no STARTTLS on this port: try TLS on port 993."),
        "login": _("The server does not accept this user and password."),
        "token_refused": _("The provider refuses to renew our access: sign in there and give us a new token."),
        "token_server": _("The provider's address for tokens cannot be asked: check it. We try again by ourselves."),
        "token_login": _("The server does not accept the provider's token for this user."),
        "folder": _("There is no such folder in the mailbox."),
        "no_uids": _("The server does not number its letters (UIDVALIDITY); such a folder cannot be read safely."),
        "silent": _("The server keeps silent: no answer for a minute."),
        "cut": _("The connection was cut. We try again by ourselves."),
        "mark": _("The letters are kept, but the server does not let us mark, move or delete its copies."),
        "broken": _("The server's answers are no IMAP that we understand."),
        "store": _("The letters cannot be kept: the folder of files cannot be written."),
        "ours": _("Something failed on our side."),
    }
    return words.get(code, code)
