"""Files: sent before the message they will belong to, and read through a message one may see."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from ninja import File, Router
from ninja.files import UploadedFile

from otklik.api import shown
from otklik.api.auth import Asked
from otklik.api.errors import PROBLEMS, Unusable
from otklik.tickets import attachments
from otklik.tickets.access import attachment_for

router = Router(tags=["files"])
CHUNK = 64 * 1024


class Uploaded(shown.Shown):
    """A file at hand for a message of the same caller within two days."""

    id: UUID
    name: str
    type: str
    size: int
    sha256: str
    created_at: datetime


@router.post("/uploads", response={201: Uploaded, **PROBLEMS}, summary="Send a file")
def uploaded(request: Asked, file: File[UploadedFile]) -> HttpResponse:
    """Keep a file; name its id in the message it belongs to."""
    request.caller.needs()
    if file.name is None or "\x00" in (file.content_type or ""):
        raise Unusable("file", "malformed")
    row = attachments.upload(
        file.chunks(CHUNK),
        name=file.name,
        type=file.content_type or "application/octet-stream",
        owner=request.caller.person,
    )
    same = {name: getattr(row, name) for name in ("id", "name", "type", "size", "sha256", "created_at")}
    return shown.answer(Uploaded(**same), 201)


@router.get("/attachments/{uuid:key}", response={200: bytes, **PROBLEMS}, summary="Read a file")
def read(request: Asked, key: UUID) -> HttpResponseBase:
    """The bytes, always as a download and never as anything a browser would run (safety.md A2)."""
    file = attachment_for(request.caller.viewer, key)
    path = attachments.path_of(file.sha256)
    if file.scan in {"pending", "infected"}:
        raise Http404
    try:
        response = FileResponse(path.open("rb"), as_attachment=True, filename=file.name)
    except OSError as trouble:
        raise attachments.StoreUnavailable(str(trouble)) from trouble
    response["Content-Type"] = "application/octet-stream"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response
