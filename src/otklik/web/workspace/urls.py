"""Addresses of the workspace: each names the thing an act leaves behind."""

from __future__ import annotations

from django.urls import path

from otklik.web import presence
from otklik.web.workspace import acts, board, call, clocks, letters, merging, palette, queue, splitting, talk, ticket

app_name = "workspace"
urlpatterns = [
    path("queue", queue.front, name="front"),
    path("queue/<slug:name>", queue.queue, name="queue"),
    path("palette", palette.palette, name="palette"),
    path("bulk", acts.bulk, name="bulk"),
    path("team", board.front, name="teams"),
    path("team/<int:team>", board.page, name="team"),
    path("calls/new", call.call, name="call"),
    path("calls/people", call.callers, name="callers"),
    path("calls/person", call.caller, name="caller"),
    path("tickets/<int:number>", ticket.page, name="ticket"),
    path("tickets/<int:number>/clocks", clocks.clocks, name="clocks"),
    path("tickets/<int:number>/clocks/waiver", clocks.waiver, name="waiver"),
    path("tickets/<int:number>/clocks/waiver/withdrawal", clocks.waiver_withdrawal, name="waiver_withdrawal"),
    path("tickets/<int:number>/clocks/agreed-date", clocks.agreed_date, name="agreed_date"),
    path("tickets/<int:number>/messages/<str:key>/letter", letters.letter, name="letter"),
    path("tickets/<int:number>/preview", queue.preview, name="preview"),
    path("tickets/<int:number>/presence", presence.beat, name="presence"),
    path("tickets/<int:number>/replies", talk.reply, name="replies"),
    path("tickets/<int:number>/replies/<int:key>/undo", talk.reply_undo, name="reply_undo"),
    path("tickets/<int:number>/notes", talk.note, name="notes"),
    path("tickets/<int:number>/messages/<str:key>/confirmation", talk.confirm_message, name="confirm_message"),
    path("tickets/<int:number>/take", acts.take, name="take"),
    path("tickets/<int:number>/assignment", acts.assignment, name="assignment"),
    path("tickets/<int:number>/hold", acts.hold, name="hold"),
    path("tickets/<int:number>/resumption", acts.resume, name="resume"),
    path("tickets/<int:number>/solution", acts.solution, name="solution"),
    path("tickets/<int:number>/reopening", acts.reopening, name="reopening"),
    path("tickets/<int:number>/reopening/undo", acts.reopening_undone, name="reopening_undone"),
    path("tickets/<int:number>/cancellation", acts.cancellation, name="cancellation"),
    path("tickets/<int:number>/cancellation/undo", acts.cancellation_undone, name="cancellation_undone"),
    path("tickets/<int:number>/level", acts.level, name="level"),
    path("tickets/<int:number>/override", acts.override, name="override"),
    path("tickets/<int:number>/record", acts.record, name="record"),
    path("tickets/<int:number>/promise", acts.promised, name="promise"),
    path("tickets/<int:number>/restoration", acts.restored, name="restored"),
    path("tickets/<int:number>/answer-not-needed", acts.answer_not_needed, name="answer_not_needed"),
    path("tickets/<int:number>/participants", acts.participants, name="participants"),
    path("tickets/<int:number>/links", acts.links, name="links"),
    path("tickets/<int:number>/merging", merging.merging, name="merging"),
    path("tickets/<int:number>/merging/undo", merging.merging_undone, name="merging_undone"),
    path("tickets/<int:number>/splitting", splitting.splitting, name="splitting"),
]
