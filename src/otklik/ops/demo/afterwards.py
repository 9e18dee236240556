"""The last minutes of the demo, lived and not told: real commands with all their consequences, letters included."""

from __future__ import annotations

from datetime import timedelta

from otklik import clock
from otklik.ops.demo.cast import Cast
from otklik.people.access import as_actor
from otklik.people.models import Person
from otklik.routing import dispatcher, waiting
from otklik.tickets import desk
from otklik.tickets.desk import Content
from otklik.tickets.models import Ticket


def happen(cast: Cast) -> None:
    """Four people turn to the desk, three are answered, and whoever waits for somebody is looked at."""
    _question(cast)
    _fresh(cast)
    _solved(cast)
    _given(cast)


def _given(cast: Cast) -> None:
    """The dispatcher gives what the team of the network has, and proposes somebody for everything else."""
    _open(
        cast,
        "k.abramova",
        "network",
        "Не открываются внутренние страницы на стойке",
        "На одном из двух компьютеров регистратуры страницы не грузятся, на соседнем всё открывается.",
        impact=2,
        urgency=2,
    )
    for ticket in waiting.looking().order_by("number"):
        dispatcher.decide(ticket)


def _open(cast: Cast, who: str, service: str, subject: str, text: str, **values: object) -> Ticket:
    person = cast.people[who]
    return desk.open_ticket(
        subject=subject,
        content=Content(text=text),
        requester=person,
        channel="portal",
        service=cast.services[service],
        key=f"demo:{who}:{service}",
        actor=as_actor(person),
        **values,  # type: ignore[arg-type]  # impact and urgency
    )


def _question(cast: Cast) -> None:
    ticket = _open(
        cast,
        "o.ryabinina",
        "apps",
        "Назначения не сохраняются в карте",
        "Добрый день! Ввожу назначения, нажимаю «Сохранить», и они пропадают. Приём идёт, записываю на листок.",
        impact=2,
        urgency=1,
    )
    agent = cast.people["e.tikhonov"]
    if ticket.status != "new":
        return
    _say(
        ticket, agent, "Вижу ошибку сохранения на сервере, перезапускаю службу назначений. Листки пока не выбрасывайте."
    )
    question = Content(text="Проверьте, пожалуйста, сейчас на одной карте: назначение осталось?")
    desk.hold(Ticket.objects.get(pk=ticket.pk), reason="requester", question=question, actor=as_actor(agent))


def _fresh(cast: Cast) -> None:
    ticket = _open(
        cast,
        "k.abramova",
        "printing",
        "Принтер в регистратуре печатает полосами",
        "По краю листа чёрная полоса, договоры так не отдашь. Работаем на соседнем.",
        impact=2,
        urgency=3,
    )
    if ticket.status == "new":
        _say(ticket, cast.people["a.yusupova"], "Принесу новый барабан, поменяем за пять минут.")


def _solved(cast: Cast) -> None:
    ticket = _open(
        cast,
        "j.whitlock",
        "access",
        "Cannot open the shared folder of the cardiology trial",
        "Good morning, the folder says access denied since today. Priya can open it.",
        impact=3,
        urgency=2,
    )
    agent = cast.people["a.yusupova"]
    if ticket.status != "new":
        return
    _say(ticket, agent, "Your group was renamed last night; I am adding you to the new one.")
    words = "You are in the renamed group now, the folder opens after you sign in again."
    content = Content(text=words, instructions="Sign out of the laptop once.")
    desk.resolve(Ticket.objects.get(pk=ticket.pk), code="fixed", content=content, actor=as_actor(agent))


def _say(ticket: Ticket, agent: Person, words: str) -> None:
    until = (clock.now() + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    desk.reply(ticket, Content(text=words), promise_until=until, key=f"demo:{ticket.number}", actor=as_actor(agent))
