"""Addresses of reports: a month, its files, the list behind each figure."""

from __future__ import annotations

from django.urls import path

from otklik.web.reports import kept, month

app_name = "reports"
urlpatterns = [
    path("reports", month.front, name="front"),
    path("reports/<str:name>", month.month, name="month"),
    path("reports/<str:name>/snapshot", kept.keep, name="keep"),
    path("reports/<str:name>/table.csv", month.as_csv, name="csv"),
    path("reports/<str:name>/table.xlsx", month.as_xlsx, name="xlsx"),
    path("reports/<str:name>/figures/<str:figure>", month.listed, name="list"),
]
