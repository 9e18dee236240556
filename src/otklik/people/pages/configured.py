"""A settings page of configurations: each topic is one form, published as versions of a named configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise

from otklik.journal import config
from otklik.people.pages.histories import bring_back_config, of_config
from otklik.people.pages.settling import by_act
from otklik.ui.settings_pages import Column, SettingsPage
from otklik.ui.sidebar import frame

Words = str | Promise
Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One configuration: its name in the journal, its form, and how stored values become those of the form and back."""

    key: str
    title: Words
    line: Callable[[], Words]  # what holds now, in a few words, for the list
    config: str
    form: Callable[[Any, Data], forms.BaseForm]
    labels: Callable[[], dict[str, Any]]
    initial: Callable[[Data], Data] = lambda data: data
    publish: Callable[[Data, Any], Any] | None = None  # (clean data, actor); by default published as it is
    show: Callable[[str, Any], str] = lambda key, value: str(value)

    def __str__(self) -> str:
        return str(self.title)


def page_of(name: str, title: Words, topics: Sequence[Topic], *, act: str, namespace: str) -> SettingsPage:
    """The settings page of some topics."""

    def save(request: HttpRequest, topic: Topic, data: Data) -> Topic:
        actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
        if topic.publish is not None:
            topic.publish(data, actor)
        else:
            config.publish(topic.config, data, actor=actor)
        return topic

    def restore(request: HttpRequest, topic: Topic, version: str) -> None:
        bring_back_config(topic.config, version, request.actor)  # type: ignore[attr-defined]  # set by the middleware

    return SettingsPage(
        name=name,
        namespace=namespace,
        title=title,
        one=title,
        items=lambda request: topics,
        find=lambda request, key: next((topic for topic in topics if topic.key == key), None),
        key=lambda topic: topic.key,
        form=lambda data, initial, topic: topic.form(data, initial),
        initial=lambda topic: topic.initial(config.current(topic.config).data) if topic else {},
        save=save,
        columns=[Column(title, str, width=240), Column("", lambda topic: topic.line())],
        allowed=by_act(act),
        history=lambda topic: of_config(topic.config, topic.labels(), topic.show),
        restore=restore,
        around=frame,
        may_add=False,
    )
