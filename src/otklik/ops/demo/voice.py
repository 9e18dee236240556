"""How people talk: greetings, details, impatience and thanks around the words of a plot, in their language."""

from __future__ import annotations

import random
from typing import Any

from otklik.people.models import Person, Team
from otklik.tickets.desk import Content

RU: dict[str, list[str]] = {
    "greeting": ["Добрый день!", "Здравствуйте.", "Доброе утро.", "Здравствуйте, коллеги.", "", "", ""],
    "place": ["{room}.", "Это {room}.", "{room}, телефон {phone}.", "Подойти можно в любое время, {room}.", "", ""],
    "since": [
        "Началось около {hour}.",
        "Так со вчерашнего дня.",
        "Заметили сегодня.",
        "Уже второй раз за неделю.",
        "",
        "",
    ],
    "closing": ["Спасибо.", "Заранее спасибо!", "{name}", "С уважением, {name}", "", ""],
    "impatience": [
        "Подскажите, есть ли новости?",
        "Пациенты ждут, когда примерно сделаете?",
        "Добавлю: у соседнего кабинета стало так же.",
        "Я до четырёх на месте, потом приём в другом корпусе.",
    ],
    "objection": [
        "К сожалению, через час всё повторилось.",
        "Полдня работало, сейчас опять то же самое.",
        "У меня работает, у сменщицы нет.",
    ],
    "taken": [
        "Добрый день! Обращение у меня, смотрю.",
        "Здравствуйте. Разбираюсь, напишу, что увижу.",
        "Приняли, занимаюсь вашим обращением.",
        "Здравствуйте! Посмотрю сейчас, оставьте как есть, пожалуйста.",
    ],
    "question": ["Напишите, пожалуйста, когда это началось и что было перед этим?"],
    "answer": ["Сегодня утром, сразу после включения. Ничего не меняли."],
    "agreed": ["Договорились: сделаем, когда кабинет освободится. До этого времени всё остаётся как есть."],
    "handover": ["Нужна группа «{team}»: дальше не наша часть."],
    "supplier": ["Сервисный центр «Полюс»"],
    "duplicate": ["Об этом уже написал ваш коллега, работаем по его обращению. Ответ придёт и вам."],
    "out_of_scope": ["С этим помогает хозяйственная служба, её телефон 400. Передали им ваше сообщение."],
    "praise": ["Быстро и вежливо", "Всё объяснили", "Спасибо, выручили", "", "", "", ""],
    "grumble": [
        "Долго ждали",
        "Пришлось напоминать",
        "Сделали, но только со второго раза",
        "Никто не предупредил о паузе",
    ],
}
EN: dict[str, list[str]] = {
    "greeting": ["Hello,", "Good morning,", "Hi team,", "", ""],
    "place": ["I am in {room}.", "My extension is {phone}.", "", ""],
    "since": ["It started around {hour}.", "Since yesterday.", "Second time this week.", "", ""],
    "closing": ["Thank you.", "Thanks, {name}", "Best wishes, {name}", "", ""],
    "impatience": [
        "Is there any news?",
        "I have a call with the sponsor at four, will it be ready?",
        "It happens to my colleague as well now.",
    ],
    "objection": ["It worked for an hour and then came back.", "Sorry, the same again this morning."],
    "taken": [
        "Hello, I am on it.",
        "Good morning, I am looking into it now.",
        "Thank you for writing, I will check and come back to you.",
    ],
    "question": ["Could you tell us when it started and what happened before?"],
    "answer": ["This morning, right after I started it. Nothing was changed."],
    "agreed": ["Agreed: we will do it when the room is free. Until then everything stays as it is."],
    "handover": ["Needs the team “{team}”: the rest is theirs."],
    "supplier": ["Polus service centre"],
    "duplicate": [
        "Your colleague has written about this already; we work on that report and you will hear from us, too."
    ],
    "out_of_scope": ["Facilities help with this, their extension is 400. We passed your message on."],
    "praise": ["Quick and kind", "Everything was explained", "Thank you for the help", "", "", ""],
    "grumble": ["It took long", "I had to ask twice", "Nobody told me about the wait"],
}


class Voice:
    """The words of one ticket. Parts of a plot that belong together are taken by the same place in their lists."""

    def __init__(self, plot: dict[str, Any], person: Person | None, language: str, chance: random.Random) -> None:
        self.plot, self.person, self.chance = plot, person, chance
        self.words = EN if language == "en" else RU
        self.variant = chance.randrange(len(plot["subjects"]))
        self.values = self._values()
        self.subject = self._fill(plot["subjects"][self.variant])
        self.device = self._fill(plot.get("device", "")) or (person.device if person else "")
        self.error = self._fill(self._part("errors"))
        self.alert_key = self._fill(plot.get("key", ""))
        self._notes, self._updates = list(plot.get("notes", [])), [word for word in plot.get("updates", []) if word]

    def report(self) -> Content:
        """The first message."""
        words = [self._fill(self._part("texts"))]
        if self.person is not None:
            words = [self._any("greeting"), *words, self._any("since"), self._any("place")]
        text = " ".join(word for word in words if word)
        closing = self._any("closing") if self.person is not None else ""
        return Content(text=f"{text}\n\n{closing}".strip(), error_text=self.error)

    def question(self) -> tuple[Content, Content]:
        """What staff ask, and what will be answered."""
        asked, answer = self.chance.choice(
            self.plot.get("asks", [[self.words["question"][0], self.words["answer"][0]]])
        )
        return Content(text=self._fill(asked)), Content(text=self._fill(answer))

    def note(self, agent: Person) -> Content | None:
        """A note among staff, each once."""
        return self._said(self._notes, agent)

    def update(self, agent: Person) -> Content | None:
        """A word on the way, each once."""
        return self._said(self._updates, agent)

    def solution(self) -> Content:
        """What was done, and what to do next time."""
        return Content(
            text=self._fill(self._part("solutions")), instructions=self._fill(self._part("tips", loose=True))
        )

    def impatience(self) -> Content:
        """The requester asks how it goes."""
        return Content(text=self._any("impatience"))

    def objection(self) -> Content:
        """It was not solved."""
        return Content(text=self._any("objection"))

    def taken(self, agent: Person) -> Content:
        """The first word of whoever took it."""
        return self._said([self.chance.choice(self.words["taken"])], agent) or Content(text="")

    def agreed(self) -> Content:
        """A date was agreed on."""
        return Content(text=self._any("agreed"))

    def declined(self, reason: str) -> Content:
        """Why nothing will be done here."""
        return Content(text=self._any(reason))

    def handover(self, team: Team) -> str:
        """Why another team goes on."""
        return self._any("handover").replace("{team}", team.name)

    def supplier(self) -> tuple[str, str]:
        """Whom we wait for, and their number of it."""
        name, reference = self.plot.get("supplier", [self.words["supplier"][0], "СЦ-{doc}"])
        return self._fill(name), self._fill(reference)

    def opinion(self, score: int) -> str:
        """A few words beside the score."""
        return self._any("praise" if score > 3 else "grumble") if self.chance.random() < 0.6 else ""

    def _said(self, words: list[str], agent: Person) -> Content | None:
        self.values["s"] = "а" if agent.name.split()[0].endswith(("а", "я")) else ""
        return Content(text=self._fill(words.pop(0))) if words else None

    def _part(self, name: str, *, loose: bool = False) -> str:
        parts: list[str] = self.plot.get(name, [])
        if not parts:
            return ""
        together = len(parts) == len(self.plot["subjects"]) and not self.plot.get("mix")
        return parts[self.variant] if together and not loose else self.chance.choice(parts)

    def _any(self, name: str) -> str:
        return self._fill(self.chance.choice(self.words[name]))

    def _fill(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _values(self) -> dict[str, str]:
        chance, person = self.chance, self.person
        number = str(chance.randrange(104, 980))
        room = person.place.name if person and person.place else "ИТ-служба"
        return {
            "device": self.plot.get("device", "").replace("{n}", number)
            or (person.device if person else "")
            or f"ПК-0{number}",
            "n": number,
            "doc": str(chance.randrange(11_000, 98_000)),
            "hour": f"{chance.randrange(8, 17)}:{chance.choice(['05', '10', '20', '30', '40', '45'])}",
            "room": room,
            "phone": person.phone if person else "",
            "name": person.name if person else "",
            "s": "",
        }
