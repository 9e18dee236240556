"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from otklik.web.portal import agreement, mine, report, request

app_name = "portal"
urlpatterns = [
    path("", mine.home, name="home"),
    path("home", mine.home, name="own_home"),
    path("agreement", agreement.agreement, name="agreement"),
    path("agreement/acceptance", agreement.accept, name="acceptance"),
    path("report", report.report, name="report"),
    path("report/promise", report.promise, name="promise"),
    path("report/colleagues", report.colleagues, name="colleagues"),
    path("report/places", report.places, name="places"),
    path("report/sent/<int:number>", report.sent, name="sent"),
    path("requests", mine.requests, name="requests"),
    path("requests/<int:number>", request.request_page, name="request"),
    path("requests/<int:number>/messages", request.message, name="message"),
    path("requests/<int:number>/confirmation", request.confirmation, name="confirmation"),
    path("requests/<int:number>/reopening", request.reopening, name="reopening"),
    path("requests/<int:number>/withdrawal", request.withdrawal, name="withdrawal"),
    path("requests/<int:number>/rating", request.rating, name="rating"),
    path("requests/<int:number>/complaint", request.complaint, name="complaint"),
]
