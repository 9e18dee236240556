"""Addresses of people: the gate, my settings, the settings of people, organisations, places, teams and the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from otklik.people.pages import coming, importing, mine, passwords, records, start, tokens
from otklik.people.pages.desk import DESK

app_name = "people"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", coming.sign_in, name="sign-in"),
    path("sign-in/code", coming.second_step, name="code"),
    path("sign-out", coming.sign_out, name="sign-out"),
    path("password/forgotten", passwords.forgotten, name="forgotten"),
    path("password/<str:secret>", passwords.by_link, {"purpose": "reset"}, name="reset"),
    path("invitations/<str:secret>", passwords.by_link, {"purpose": "invitation"}, name="invitation"),
    path("setup", passwords.first_administrator, name="setup"),
    path("me", mine.mine, name="mine"),
    path("me/password", mine.password, name="password"),
    path("me/second-factor", mine.second_factor, name="second-factor"),
    path("me/second-factor/picture", mine.picture, name="second-factor-picture"),
    path("me/second-factor/again", mine.again, name="second-factor-again"),
    path("me/second-factor/off", mine.second_factor_off, name="second-factor-off"),
    path("me/second-factor/codes", mine.new_codes, name="second-factor-codes"),
    path("settings", start.front, name="settings"),
    path("settings/start", start.start, name="start"),
    path("settings/people/import", importing.upload, name="import"),
    path("settings/people/<str:key>/invitation", records.invite, name="person-invitation"),
    path("settings/tokens", tokens.show, name="tokens"),
    path("settings/tokens/<int:key>/revocation", tokens.revoke, name="token-revocation"),
    *records.PEOPLE.urls(),
    *records.ORGANISATIONS.urls(),
    *records.PLACES.urls(),
    *records.TEAMS.urls(),
    *DESK.urls(),
]
