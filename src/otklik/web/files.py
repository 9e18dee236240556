"""Files in and out: uploads, downloads, previews, and the frame for foreign HTML (safety.md A1, A2, A8)."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.tickets import access
from otklik.tickets.attachments import MAX_FILE, StoreUnavailable, TooLarge, path_of, upload
from otklik.tickets.models import Attachment, Message, Upload
from otklik.tickets.sanitise import clean, content_id
from otklik.ui import wording
from otklik.ui.doors import public
from otklik.web import previews
from otklik.web.visit import person, viewer

Answer = TypeVar("Answer", HttpResponse, FileResponse)
HARMLESS = "sandbox; default-src 'none'; frame-ancestors 'none'"
MAX_WAITING = 100  # files of one person that belong to no message yet; they are swept after two days
FRAME = "allow-popups allow-popups-to-escape-sandbox"


def _guard(response: Answer, policy: str = HARMLESS, *, anywhere: bool = False) -> Answer:
    """Headers of every answer that carries foreign bytes."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = policy
    response["Cross-Origin-Resource-Policy"] = "cross-origin" if anywhere else "same-origin"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


# -- in --------------------------------------------------------------------------------------------------------------
@require_POST
def uploads(request: HttpRequest) -> HttpResponse:
    """Keep one file (field ``file``) before its message is sent; answers its id. ``replaces`` drops another."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": _("There was no file.")}, status=400)
    owner = person(request)
    if Upload.objects.filter(owner=owner).count() >= MAX_WAITING:
        return JsonResponse({"error": _("Too many files wait to be sent. Send some of them first.")}, status=429)
    try:
        kept = upload(file.chunks(), name=file.name or "", type=file.content_type or "", owner=owner)
    except TooLarge:
        limit = wording.filesize(MAX_FILE)
        return JsonResponse({"error": _("Over %(limit)s. Send a screenshot instead") % {"limit": limit}}, status=413)
    except StoreUnavailable:
        return JsonResponse({"error": _("Files cannot be stored right now. Try again in a minute.")}, status=503)
    if replaced := request.POST.get("replaces"):
        forget(replaced, owner.pk)
    return JsonResponse({"id": str(kept.pk), "name": kept.name, "size": kept.size}, status=201)


def forget(key: str, owner: int) -> None:
    """Drop an upload of this person; anything else is left alone."""
    try:
        Upload.objects.filter(pk=UUID(key), owner=owner).delete()
    except ValueError:
        return


@require_POST
def upload_removal(request: HttpRequest, key: UUID) -> HttpResponse:
    """Forget a file that was picked by mistake."""
    forget(str(key), person(request).pk)
    return HttpResponse(status=204)


@require_safe
def upload_preview(request: HttpRequest, key: UUID) -> FileResponse:
    """One's own picture before it is sent, after a page was opened again."""
    file = get_object_or_404(Upload, pk=key, owner=person(request))
    return _picture(file.sha256, "thumb")


# -- out -------------------------------------------------------------------------------------------------------------
def _file(request: HttpRequest, key: UUID) -> Attachment:
    file = access.attachment_for(viewer(request), key)
    if file.scan in {"pending", "infected"}:
        raise Http404
    return file


def download_of(file: Attachment) -> FileResponse:
    """A stored file as something to be saved, whatever it says it is."""
    try:
        content = path_of(file.sha256).open("rb")
    except OSError as missing:
        raise Http404 from missing
    response = FileResponse(content, as_attachment=True, filename=file.name, content_type="application/octet-stream")
    return _guard(response)


@require_safe
def download(request: HttpRequest, key: UUID, name: str) -> FileResponse:
    """Save a file; ``name`` in the address only pleases the reader."""
    return download_of(_file(request, key))


@require_safe
def preview(request: HttpRequest, key: UUID, size: str) -> FileResponse:
    """A re-encoded picture."""
    file = _file(request, key)
    return _picture(file.sha256 if previews.is_picture(file) else "", size)


@public
@require_safe
def signed_preview(request: HttpRequest, token: str) -> FileResponse:
    """A re-encoded picture for the message frame, whose origin is opaque and sends no cookies."""
    file, size = previews.redeem(token)
    return _picture(file.sha256 if previews.is_picture(file) else "", size, anywhere=True)


def _picture(sha256: str, size: str, *, anywhere: bool = False) -> FileResponse:
    found = previews.preview_of(sha256, size) if sha256 and size in previews.EDGES else None
    if found is None:
        raise Http404
    return _guard(FileResponse(found.open("rb"), content_type="image/webp"), anywhere=anywhere)


# -- foreign HTML ----------------------------------------------------------------------------------------------------
@require_safe
def body(request: HttpRequest, key: UUID) -> HttpResponse:
    """The formatted body of a message, made harmless, for a sandboxed frame and nothing else."""
    message = get_object_or_404(Message.objects.select_related("ticket"), pk=key)
    who = viewer(request)
    if not message.html or not access.reads(who, message):
        raise Http404
    pictures = {
        content_id(file.content_id): request.build_absolute_uri(previews.signed_address(file, "large", person(request)))
        for file in message.attachments.exclude(content_id="")
        if previews.is_picture(file)
    }
    made = clean(message.html, pictures)
    response = render(request, "web/message_frame.html", {"body": made.html, "blocked": made.blocked}, using="jinja2")
    source = request.build_absolute_uri("/previews/signed/")
    policy = f"sandbox {FRAME}; default-src 'none'; img-src {source}; style-src 'unsafe-inline'; frame-ancestors 'self'"
    response["X-Frame-Options"] = "SAMEORIGIN"
    return _guard(response, policy)
