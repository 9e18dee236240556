"""Addresses of people: the gate, my settings and my time, the roster, and the settings of the room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from otklik.people.pages import coming, expertise, importing, mine, mytime, passwords, records, rota, start, tokens
from otklik.people.pages import roster as roster_page
from otklik.people.pages.desk import DESK
from otklik.people.pages.seats import SEATS

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
    path("me/presence", mytime.switch, name="presence"),
    path("me/time", mytime.time, name="time"),
    path("me/time/import", mytime.take_over, name="time-import"),
    path("me/time/absences/<int:key>/cancellation", mytime.call_off, name="absence-off"),
    path("me/time/feed", mytime.feed_issue, name="feed-issue"),
    path("me/time/feed/revocation", mytime.feed_revoke, name="feed-revoke"),
    path("me/time/skills", mytime.claim, name="claim"),
    path("feeds/<str:token>.ics", mytime.feed, name="feed"),
    path("roster", roster_page.roster, name="roster"),
    path("roster/<int:team>", roster_page.roster, name="roster-of"),
    path("settings/absences/<str:key>/cancellation", mytime.call_off_anothers, name="absence-cancellation"),
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
    *SEATS.urls(),
    *(address for page in (*expertise.PAGES, *rota.PAGES) for address in page.urls()),
    *DESK.urls(),
]
