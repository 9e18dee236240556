"""Addresses of people: the gate, my settings, the settings of people, organisations, places, teams and the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from otklik.people.pages import coming, mine, passwords

app_name = "people"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", coming.sign_in, name="sign-in"),
    path("sign-in/code", coming.second_step, name="code"),
    path("sign-out", coming.sign_out, name="sign-out"),
    path("password/forgotten", passwords.forgotten, name="forgotten"),
    path("password/<str:secret>", passwords.by_link, {"purpose": "reset"}, name="reset"),
    path("invitations/<str:secret>", passwords.by_link, {"purpose": "invitation"}, name="invitation"),
    path("me", mine.mine, name="mine"),
    path("setup", passwords.first_administrator, name="setup"),
]
