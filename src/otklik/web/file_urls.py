"""Addresses of files and drafts, which portal and workspace share."""

from __future__ import annotations

from django.urls import path

from otklik.web import drafts, files

app_name = "files"
urlpatterns = [
    path("uploads", files.uploads, name="uploads"),
    path("uploads/<uuid:key>/removal", files.upload_removal, name="upload_removal"),
    path("previews/uploads/<uuid:key>", files.upload_preview, name="upload_preview"),
    path("previews/signed/<str:token>", files.signed_preview, name="signed_preview"),
    path("previews/<uuid:key>/<slug:size>", files.preview, name="preview"),
    path("files/<uuid:key>/<str:name>", files.download, name="download"),
    path("messages/<uuid:key>/body", files.body, name="body"),
    path("drafts/<str:slot>", drafts.draft, name="draft"),
]
