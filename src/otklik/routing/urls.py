"""Addresses of routing: acts on a ticket, the next one, settings."""

from __future__ import annotations

from django.urls import path

from otklik.routing.pages import acts, callhooks, rules, turns

app_name = "routing"
urlpatterns = [
    path("tickets/<int:number>/proposal", acts.proposal, name="proposal"),
    path("tickets/<int:number>/placement", acts.placement, name="placement"),
    path("tickets/<int:number>/refusal", acts.refusal, name="refusal"),
    path("tickets/<int:number>/handing-on", acts.hand_on, name="hand-on"),
    path("tickets/<int:number>/call", acts.call_answered, name="call"),
    path("tickets/<int:number>/passing", turns.passed_over, name="pass"),
    path("team/<int:team>/proposals", acts.proposals, name="proposals"),
    path("next", turns.turn, name="next"),
    path("people/<int:key>/hand-over", acts.hand_over, name="hand-over"),
    path("settings/routing", rules.rules, name="rules"),
    path("on-call/<str:secret>", callhooks.answer, name="answer"),
    path("settings/call-hooks/<int:key>/test", callhooks.test, name="call-hook-test"),
    *callhooks.PAGE.urls(),
    *rules.WEIGHTS.urls(),
]
