"""The one door to a ticket: every command that changes one. Each is one transaction, checked, folded and recorded.

``actor`` comes last in every command. Commands raise ``Refused`` (a condition is missing, with words), ``Forbidden``
(not this person), ``Stale`` (the page is older than the ticket) and leave everything as it was.
"""

from otklik.tickets.desk.content import MAX_TEXT, Content
from otklik.tickets.desk.conversation import (
    Heard,
    accept,
    hear,
    log_call,
    note,
    promise,
    reply,
    response_not_needed,
    set_public_status,
    wait,
)
from otklik.tickets.desk.ending import (
    cancel,
    close,
    confirm,
    give_up_waiting,
    reopen,
    resolve,
    uncancel,
    void_reopen,
    withdraw,
)
from otklik.tickets.desk.merging import UNMERGE_WITHIN, merge, unmerge
from otklik.tickets.desk.opening import follow_up, open_ticket, reserve_numbers
from otklik.tickets.desk.past import Past, Tale, differences, histories, history
from otklik.tickets.desk.recording import (
    change_type,
    edit,
    link,
    move_on,
    move_on_all,
    note_delivery,
    prioritise,
    unlink,
    unwatch,
    watch,
)
from otklik.tickets.desk.splitting import Proposal, proposal, split
from otklik.tickets.desk.work import assign, hold, miss_update, remind, restore_service, resume, take

__all__ = [
    "MAX_TEXT",
    "UNMERGE_WITHIN",
    "Content",
    "Heard",
    "Past",
    "Proposal",
    "Tale",
    "accept",
    "assign",
    "cancel",
    "change_type",
    "close",
    "confirm",
    "differences",
    "edit",
    "follow_up",
    "give_up_waiting",
    "hear",
    "histories",
    "history",
    "hold",
    "link",
    "log_call",
    "merge",
    "miss_update",
    "move_on",
    "move_on_all",
    "note",
    "note_delivery",
    "open_ticket",
    "prioritise",
    "promise",
    "proposal",
    "remind",
    "reopen",
    "reply",
    "reserve_numbers",
    "resolve",
    "response_not_needed",
    "restore_service",
    "resume",
    "set_public_status",
    "split",
    "take",
    "uncancel",
    "unlink",
    "unmerge",
    "unwatch",
    "void_reopen",
    "wait",
    "watch",
    "withdraw",
]
