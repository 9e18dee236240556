"""The access matrix (S-16): every route of the product, one line each, with its kind.

A new route without a line here fails ``test_access.py``, and so does a line without a route. A method that has no line
must be answered with 405. ``{number}`` and the like are filled by ``world.py``; ``body`` is a request that somebody
with the right could send. Rooms add their lines to the block of their own name.
"""

from __future__ import annotations

from dataclasses import replace

from otklik.people.access import ACTS
from tests.security.kinds import (
    CALLS,
    DESK_PAGE,
    NOTHING,
    OWN_PAGE,
    PUBLIC,
    SECRET,
    SIGNED_IN,
    TEAM_BOARD,
    TEAM_PROPOSALS,
    TICKET_INTERNAL,
    TICKET_PUBLIC,
    Kind,
    Route,
    act,
    settings,
    staff,
    ticket,
)


def get(address: str, kind: Kind, **parts: object) -> Route:
    """A page or a resource to read."""
    return Route("GET", address, kind, parts=parts)


def post(address: str, kind: Kind, body: object = None, **parts: object) -> Route:
    """A write by POST; a dictionary for the API, a dictionary of fields for a page."""
    return Route("POST", address, kind, body, parts)


def put(address: str, kind: Kind, body: object = None) -> Route:
    """A write by PUT."""
    return Route("PUT", address, kind, body)


def delete(address: str, kind: Kind) -> Route:
    """Taking something back."""
    return Route("DELETE", address, kind)


def records(name: str, kind: Kind, key: str = "new") -> list[Route]:
    """A settings page of ``ui.settings_pages``: its list, one record, bringing a version back."""
    one = f"/settings/{name}/{{key}}"
    return [
        get(f"/settings/{name}", kind),
        get(one, kind, key=key),
        post(one, kind, key=key),
        post(f"{one}/versions/{{version}}", none_such(kind), key=key, version="1"),
    ]


def none_such(kind: Kind) -> Kind:
    """The same, where whoever may use it is also told that there is no such thing."""
    return replace(kind, empty=True)


UI = [
    get("/favicon.ico", PUBLIC),
    post("/language", PUBLIC, {"language": "en"}),
    post("/theme", PUBLIC, {"theme": "dark"}),
]
SKILLS, SHIFTS, OWN_TIME = settings("settings.skills"), settings("settings.shifts"), act("roster.own")
ROTA = [
    get("/roster", act("roster.see")),
    get("/roster/{team}", act("roster.see"), team="@team"),
    post("/me/presence", OWN_TIME, {"presence": "busy"}),
    get("/me/time", OWN_TIME),
    post("/me/time", OWN_TIME),
    post("/me/time/import", OWN_TIME),
    post("/me/time/absences/{key}/cancellation", none_such(OWN_TIME), key="987"),
    post("/me/time/feed", OWN_TIME),
    post("/me/time/feed/revocation", OWN_TIME),
    post("/me/time/skills", OWN_TIME),
    get("/feeds/{token}.ics", SECRET),
    post("/settings/absences/{key}/cancellation", none_such(SHIFTS), key="987"),
    *records("skills", settings("settings.skill_tree")),
    *records("people-skills", SKILLS),
    *records("skill-needs", SKILLS),
    *records("shifts", SHIFTS),
    *records("extra-shifts", SHIFTS),
    *records("absences", SHIFTS),
    *records("on-call", SHIFTS),
    *records("on-call-turns", SHIFTS),
]
PEOPLE = [
    get("/sign-in", PUBLIC),
    post("/sign-in", PUBLIC),
    get("/sign-in/code", PUBLIC),
    post("/sign-in/code", PUBLIC),
    post("/sign-out", PUBLIC),
    get("/password/forgotten", PUBLIC),
    post("/password/forgotten", PUBLIC),
    get("/password/{secret}", SECRET),
    post("/password/{secret}", SECRET),
    get("/invitations/{secret}", SECRET),
    post("/invitations/{secret}", SECRET),
    get("/setup", SECRET),
    post("/setup", SECRET),
    get("/me", SIGNED_IN),
    post("/me", SIGNED_IN),
    get("/me/bell", SIGNED_IN),
    post("/me/bell", SIGNED_IN),
    get("/me/bell/count", SIGNED_IN),
    get("/me/notifications", SIGNED_IN),
    post("/me/notifications", SIGNED_IN),
    get("/me/password", SIGNED_IN),
    post("/me/password", SIGNED_IN),
    get("/me/second-factor", SIGNED_IN),
    post("/me/second-factor", SIGNED_IN),
    get("/me/second-factor/picture", OWN_PAGE),
    get("/me/second-factor/again", SIGNED_IN),
    post("/me/second-factor/again", SIGNED_IN),
    post("/me/second-factor/off", OWN_PAGE),
    post("/me/second-factor/codes", OWN_PAGE),
    get("/settings", act(*(name for name in ACTS if name.startswith("settings.")))),
    get("/settings/start", settings("settings.see")),
    get("/settings/people/import", settings("settings.people")),
    post("/settings/people/import", settings("settings.people")),
    post("/settings/people/{key}/invitation", settings("settings.people"), key="@person"),
    get("/settings/tokens", settings("settings.tokens")),
    post("/settings/tokens", settings("settings.tokens")),
    post("/settings/tokens/{key}/revocation", settings("settings.tokens"), key="@api_token"),
    *records("people", settings("settings.people")),
    *records("organisations", settings("settings.organisations")),
    *records("places", settings("settings.places")),
    *records("teams", settings("settings.teams")),
    get("/settings/seats", settings("settings.teams")),
    get("/settings/seats/{key}", none_such(settings("settings.teams")), key="987"),
    post("/settings/seats/{key}", none_such(settings("settings.teams")), key="987"),
    post("/settings/seats/{key}/versions/{version}", none_such(settings("settings.teams")), key="987", version="1"),
    *records("desk", settings("settings.desk"), key="desk"),
    *ROTA,
]
FEEDBACK = [
    get("/feedback/{secret}", SECRET),
    post("/feedback/{secret}", SECRET),
    post("/feedback/{secret}/openings", SECRET),
    post("/feedback/{secret}/objection", SECRET),
    get("/links/{secret}", SECRET),
    post("/links/{secret}/reading", SECRET),
    post("/links/{secret}/confirmation", SECRET),
    post("/links/{secret}/reopening", SECRET),
    post("/links/{secret}/rating", SECRET),
]
REQUEST = "/requests/{number}"
PORTAL = [
    get("/", SIGNED_IN),
    get("/home", SIGNED_IN),
    get("/agreement", SIGNED_IN),
    post("/agreement/acceptance", none_such(act("agreements.accept")), {"organisation": "1", "version": "1"}),
    get("/report", SIGNED_IN),
    post("/report", SIGNED_IN),
    get("/report/promise", SIGNED_IN),
    get("/report/colleagues", SIGNED_IN),
    get("/report/places", SIGNED_IN),
    get("/report/sent/{number}", TICKET_PUBLIC),
    get("/requests", SIGNED_IN),
    get(REQUEST, TICKET_PUBLIC),
    post(f"{REQUEST}/messages", ticket("reply"), {"body": "Да"}),
    post(f"{REQUEST}/confirmation", ticket("confirm")),
    post(f"{REQUEST}/reopening", ticket("reply"), {"comment": "Нет"}),  # not solved yet: a word like any other
    post(f"{REQUEST}/withdrawal", ticket("confirm")),
    post(f"{REQUEST}/rating", ticket("own"), {"score": "5"}),
    post(f"{REQUEST}/complaint", ticket("confirm")),
]
FILES = [
    post("/uploads", SIGNED_IN),
    post("/uploads/{key}/removal", OWN_PAGE),
    get("/previews/uploads/{key}", OWN_PAGE),
    get("/previews/signed/{token}", SECRET),
    get("/previews/{key}/{size}", TICKET_PUBLIC),
    get("/files/{key}/{name}", TICKET_PUBLIC),
    get("/messages/{key}/body", TICKET_PUBLIC, key="@message"),
    post("/drafts/{slot}", OWN_PAGE),
    delete("/drafts/{slot}", OWN_PAGE),
]
DESK = "/tickets/{number}"
SOLUTION = {"code": "fixed", "text": "Заменили картридж, печатает."}
ROUTING = [
    post(f"{DESK}/proposal", staff("assign")),
    post(f"{DESK}/placement", staff("assign")),
    post(f"{DESK}/refusal", staff("work"), {"reason": "Занята до вечера"}),
    post(f"{DESK}/handing-on", staff("assign"), {"assignee": "0", "reason_code": "load"}),
    post(f"{DESK}/call", staff("work")),
    post(f"{DESK}/passing", staff("take"), {"reason": "Жду другую"}),
    post("/team/{team}/proposals", TEAM_PROPOSALS, team="@team"),
    get("/next", act("tickets.work")),
    post("/next", act("tickets.work")),
    post("/people/{key}/hand-over", none_such(act("tickets.work")), key="@person"),
    get("/settings/routing", settings("settings.routing")),
    post("/settings/routing", settings("settings.routing")),
    *records("call-hooks", settings("settings.routing")),
    post("/settings/call-hooks/{key}/test", none_such(settings("settings.routing")), key="987"),
    get("/on-call/{secret}", SECRET),
    post("/on-call/{secret}", SECRET),
    *records("weights", settings("settings.routing"), key="weights"),
]
WORKSPACE = [
    get("/queue", act("queue.see")),
    get("/queue/{name}", act("queue.see"), name="all"),
    get("/team", act("queue.see")),
    get("/team/{team}", TEAM_BOARD, team="@team"),
    get("/palette", act("queue.see")),
    post("/bulk", act("tickets.work")),
    get("/calls/new", CALLS),
    post("/calls/new", CALLS),
    get("/calls/people", act("queue.see")),
    get("/calls/person", act("queue.see")),
    get(DESK, DESK_PAGE),
    get(f"{DESK}/preview", DESK_PAGE),
    get(f"{DESK}/clocks", TICKET_INTERNAL),
    post(f"{DESK}/clocks/waiver", staff("waive"), {"clock": "resolution.1", "reason": "Авария"}),
    post(f"{DESK}/clocks/waiver/withdrawal", staff("waive"), {"clock": "resolution.1", "reason": "Ошиблись"}),
    post(f"{DESK}/clocks/agreed-date", staff("work"), {"until": "2030-01-01T10:00", "evidence": "@message"}),
    get(f"{DESK}/messages/{{key}}/letter", none_such(TICKET_INTERNAL), key="@message"),
    post(f"{DESK}/presence", TICKET_INTERNAL),
    post(f"{DESK}/take", staff("work")),
    post(f"{DESK}/replies", staff("work"), {"body": "Иду к вам."}),
    post(f"{DESK}/replies/{{key}}/undo", staff("work"), key="1"),
    post(f"{DESK}/notes", staff("note"), {"body": "Заметка"}),
    post(f"{DESK}/messages/{{key}}/confirmation", staff("work"), key="@message"),
    post(f"{DESK}/assignment", staff("assign"), {"assignee": "0", "reason_code": "load"}),
    post(f"{DESK}/hold", staff("work"), {"reason": "requester", "question": "Какой номер?"}),
    post(f"{DESK}/resumption", staff("work")),
    post(f"{DESK}/solution", staff("work"), SOLUTION),
    post(f"{DESK}/reopening", staff("work"), {"reason": "Не работает"}),
    post(f"{DESK}/reopening/undo", staff("work")),
    post(f"{DESK}/cancellation", staff("work"), {"reason": "test"}),
    post(f"{DESK}/cancellation/undo", staff("uncancel"), {"reason": "не тест"}),
    post(f"{DESK}/level", staff("work"), {"cell": "2:2"}),
    post(f"{DESK}/override", staff("work"), {"priority": "P3", "reason_code": "deadline", "text": "Приём"}),
    post(f"{DESK}/record", staff("work"), {"subject": "Иначе"}),
    post(f"{DESK}/promise", staff("work"), {"status": "Едем"}),
    post(f"{DESK}/restoration", staff("work")),
    post(f"{DESK}/answer-not-needed", staff("work"), {"reason": "Спасибо"}),
    post(f"{DESK}/participants", staff("work"), {"person": "@person"}),
    post(f"{DESK}/links", staff("work"), {"other": "@other"}),
    post(f"{DESK}/merging", staff("work"), {"other": "@other"}),
    post(f"{DESK}/merging/undo", staff("work")),
    post(f"{DESK}/splitting", staff("work"), {"messages": "@message"}),
]
MAIL = [
    get("/settings/mail", settings("mail.see")),
    *records("mail/boxes", settings("settings.mail")),
    post("/settings/mail/boxes/{key}/gap", none_such(settings("settings.mail")), key="987"),
    post("/settings/mail/boxes/{key}/look", none_such(settings("settings.mail")), key="987"),
    post("/settings/mail/boxes/{key}/reading", none_such(settings("settings.mail")), key="987"),
    post("/settings/mail/boxes/{key}/test", none_such(settings("settings.mail")), key="987"),
    get("/settings/mail/ledger", settings("mail.see")),
    get("/settings/mail/quarantine", settings("mail.see")),
    get("/settings/mail/letters/{key}/source", none_such(settings("mail.see")), key="987"),
    post("/settings/mail/letters/{key}/refusal", none_such(settings("settings.mail")), key="987"),
    post("/settings/mail/letters/{key}/release", none_such(settings("settings.mail")), key="987"),
    post("/settings/mail/letters/{key}/return", none_such(settings("settings.mail")), key="987"),
    post("/settings/mail/letters/{key}/ticket", none_such(settings("settings.mail")), key="987"),
]
NOTIFICATIONS = [
    get("/settings/deliveries", settings("mail.see")),
    post("/settings/suppressed/{key}/lifting", none_such(settings("mail.see")), key="987"),
    post("/deliveries/{key}/acknowledgement", none_such(act("mail.see")), key="987"),
    post("/deliveries/{key}/sending", none_such(act("mail.see")), key="987"),
    get("/settings/outgoing", settings("settings.mail")),
    post("/settings/outgoing", settings("settings.mail")),
    *records("letters", settings("settings.letters"), key="receipt.ru"),
    *records("letter-policy", settings("settings.letters"), key="requesters"),
    get("/settings/letters/{letter}/preview/{language}", settings("settings.letters"), letter="receipt", language="ru"),
]
SETTINGS = [
    *records("services", settings("settings.services")),
    *records("priorities", settings("settings.priorities"), key="matrix"),
    get("/settings/agreements", settings("settings.agreements")),
    get("/settings/agreements/{code}", none_such(settings("settings.agreements")), code="none"),
    post("/settings/agreements/{code}", none_such(settings("settings.agreements")), code="none"),
]
HOUSE = [
    get("/readyz", PUBLIC),
    get("/metrics", SECRET),  # the operator's token
    get("/demo", SECRET),  # no such pages outside the demo
    post("/demo", SECRET),
    get("/demo/progress", SECRET),
    get("/demo/mail", SECRET),
    get("/demo/mail/new", SECRET),
    post("/demo/mail/new", SECRET),
    get("/demo/mail/{key}/body", SECRET, key="1"),
    post("/demo/mail/{key}/answer", SECRET, key="1"),
]
TICKET = "/api/v1/tickets/{number}"
TEXT = {"text": "Принято, смотрим."}
API = [
    get("/api/v1/openapi.json", PUBLIC),
    get("/api/v1/", NOTHING),
    get("/api/v1/{rest}", NOTHING),
    get("/api/v1/me", SIGNED_IN),
    get("/api/v1/services", SIGNED_IN),
    get("/api/v1/places", SIGNED_IN),
    get("/api/v1/teams", act("queue.see")),
    get("/api/v1/people?q=pe", act("people.find")),
    get("/api/v1/tickets", SIGNED_IN),
    post("/api/v1/tickets", SIGNED_IN, {"subject": "Не печатает", "text": "Ничего"}),
    post("/api/v1/uploads", SIGNED_IN),
    get("/api/v1/attachments/{key}", TICKET_PUBLIC),
    get(TICKET, TICKET_PUBLIC),
    Route("PATCH", TICKET, ticket("work"), {"device": "4711"}),
    get(f"{TICKET}/messages", TICKET_PUBLIC),
    post(f"{TICKET}/messages", ticket("reply"), TEXT),
    post(f"{TICKET}/notes", ticket("note"), TEXT),
    post(f"{TICKET}/take", ticket("take"), {}),
    put(f"{TICKET}/assignment", ticket("assign"), {"reason_code": "load"}),
    put(f"{TICKET}/hold", ticket("work"), {"reason": "requester", "question": TEXT}),
    delete(f"{TICKET}/hold", ticket("work")),
    put(f"{TICKET}/resolution", ticket("work"), {"code": "fixed", "text": "Заменили картридж, печатает."}),
    delete(f"{TICKET}/resolution?reason=x", ticket("reopen")),
    put(f"{TICKET}/confirmation", ticket("confirm"), {}),
    put(f"{TICKET}/withdrawal", ticket("confirm"), {}),
    put(f"{TICKET}/cancellation", ticket("work"), {"reason": "test"}),
    delete(f"{TICKET}/cancellation?reason=x", ticket("uncancel")),
    put(f"{TICKET}/priority", ticket("work"), {"impact": 2}),
    put(f"{TICKET}/promise", ticket("work"), {"until": None}),
    put(f"{TICKET}/public-status", ticket("work"), TEXT),
    get(f"{TICKET}/participants", TICKET_PUBLIC),
    post(f"{TICKET}/participants", ticket("work"), {"person": {"id": 1}}),
    delete(f"{TICKET}/participants/{{person}}", ticket("work")),
    get(f"{TICKET}/links", TICKET_PUBLIC),
    post(f"{TICKET}/links", ticket("work"), {"number": 1}),
    delete(f"{TICKET}/links/{{other}}", ticket("work")),
]
CLOCKS = [
    get(f"{TICKET}/sla", TICKET_INTERNAL),
    get("/api/v1/sla/verify?number=1", act("journal.verify")),
]
AGREEMENTS, CALENDARS = settings("settings.agreements"), settings("settings.calendars")
PROMISES = [
    get("/settings/service-hours", AGREEMENTS),
    post("/settings/service-hours", AGREEMENTS),
    get("/settings/agreements", AGREEMENTS),
    get("/settings/agreements/{code}", none_such(AGREEMENTS), code="desk"),
    post("/settings/agreements/{code}", none_such(AGREEMENTS), code="desk"),
    get("/settings/agreements/{code}/previews/{run}", none_such(AGREEMENTS), code="desk", run="1"),
    get("/settings/agreements/{code}/moving", none_such(AGREEMENTS), code="desk"),
    get("/settings/calendars", CALENDARS),
    post("/settings/calendars/holidays", CALENDARS),
    post("/settings/calendars/holidays/{key}/confirmation", none_such(CALENDARS), key="1"),
    get("/settings/calendars/{code}", none_such(CALENDARS), code="24x7"),
    post("/settings/calendars/{code}/week", none_such(CALENDARS), code="24x7"),
    post("/settings/calendars/{code}/exceptions", none_such(CALENDARS), code="24x7"),
]
REPORTS = [
    get("/reports", act("reports.see")),
    get("/reports/{name}", act("reports.see"), name="2026-11"),
    post("/reports/{name}/snapshot", act("reports.keep"), name="2026-10"),
    get("/reports/{name}/table.csv", act("reports.see"), name="2026-11"),
    get("/reports/{name}/table.xlsx", act("reports.see"), name="2026-11"),
    get("/reports/{name}/figures/{figure}", act("reports.see"), name="2026-11", figure="opened"),
]
ROUTES: list[Route] = [
    *REPORTS,
    *CLOCKS,
    *PROMISES,
    *UI,
    *PEOPLE,
    *FEEDBACK,
    *PORTAL,
    *ROUTING,
    *WORKSPACE,
    *FILES,
    *MAIL,
    *NOTIFICATIONS,
    *SETTINGS,
    *HOUSE,
    *API,
]
