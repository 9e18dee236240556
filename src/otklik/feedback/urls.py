"""Addresses behind mailed links; none of them asks for a sign-in."""

from __future__ import annotations

from django.urls import path

from otklik.feedback import pages

app_name = "feedback"
urlpatterns = [
    path("feedback/<str:secret>", pages.survey, name="survey"),
    path("feedback/<str:secret>/openings", pages.opening, name="opening"),
    path("feedback/<str:secret>/objection", pages.objection, name="objection"),
    path("links/<str:secret>", pages.link, name="link"),
    path("links/<str:secret>/reading", pages.reading, name="reading"),
    path("links/<str:secret>/confirmation", pages.confirmation, name="confirmation"),
    path("links/<str:secret>/reopening", pages.reopening, name="reopening"),
    path("links/<str:secret>/rating", pages.rating, name="rating"),
]
