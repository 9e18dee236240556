"""Every address of the product, gathered from the rooms."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("otklik.ui.urls")),
    path("", include("otklik.people.urls")),
    path("", include("otklik.notifications.urls")),
    path("", include("otklik.feedback.urls")),
    path("", include("otklik.web.urls")),
    path("", include("otklik.api.urls")),
    path("", include("otklik.ops.urls")),
    path("", include("otklik.catalogue.urls")),
    path("", include("otklik.tickets.urls")),
    path("", include("otklik.channels.urls")),
    path("", include("otklik.sla.urls")),
    path("", include("otklik.routing.urls")),
    path("", include("otklik.calendars.urls")),
]
handler400 = "otklik.ui.pages.bad_request"
handler403 = "otklik.ui.pages.refused"
handler404 = "otklik.ui.pages.not_found"
handler500 = "otklik.ui.pages.broken"
