"""Addresses of letters and notices."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from otklik.notifications.pages import bell, deliveries, mine, outgoing, texts

app_name = "notifications"
urlpatterns: list[URLPattern | URLResolver] = [
    *texts.TEXTS.urls(),
    *texts.POLICY.urls(),
    path("settings/letters/<slug:letter>/preview/<slug:language>", texts.preview, name="preview"),
    path("me/bell", bell.show, name="bell"),
    path("me/bell/count", bell.count, name="bell_count"),
    path("me/notifications", mine.show, name="mine"),
    path("settings/outgoing", outgoing.show, name="outgoing"),
    path("settings/deliveries", deliveries.show, name="deliveries"),
    path("settings/suppressed/<int:key>/lifting", deliveries.write_again, name="lifting"),
    path("deliveries/<int:key>/sending", deliveries.send_again, name="sending"),
    path("deliveries/<int:key>/acknowledgement", deliveries.leave_it, name="acknowledgement"),
]
