"""What a merged ticket brings to the clocks of the one it went up in (domain §4.8); pure.

The target's journal keeps an extract of the other's story, so that its own entries alone tell its clocks.
"""

from __future__ import annotations

from dataclasses import replace

from otklik.sla.cycles import Utterance
from otklik.sla.events import SlaMerged
from otklik.sla.story import Joined, Story, Waiting, rests_of


def extract(source: str, story: Story) -> SlaMerged:
    """What there is to bring: when it was opened, when it waited, what was said."""
    whole = joined(story)
    return SlaMerged(
        source=source,
        opened_at=whole.opened_at.isoformat(),
        rests=[
            [one.reason, one.since.isoformat(), one.until.isoformat() if one.until else None] for one in rests_of(whole)
        ],
        said={
            key: [word.at.isoformat(), word.staff, word.human, word.gratitude]
            for key, word in with_live(whole).said.items()
        },
    )


def joined(story: Story) -> Story:
    """The story as its clocks read it: the anchor is the earliest opening, and the words of all are heard.

    Before the own opening the pauses of the other ticket apply, from it on the own ones. The targets are the own.
    """
    for one in story.merges:
        story = _with(story, one)
    return replace(story, merges=[])


def _with(story: Story, other: Joined) -> Story:
    known = {_message(key) for key in story.said} - {""}
    said: dict[str, Utterance] = {
        f"{other.source}:{key}": word for key, word in other.said.items() if _message(key) not in known
    } | story.said
    if other.opened_at >= story.opened_at:
        return replace(story, said=said)
    story, seam = replace(with_live(story), live=False), story.opened_at
    before = [Waiting(one.reason, one.since, min(one.until or seam, seam)) for one in other.waiting if one.since < seam]
    after = [
        Waiting(one.reason, max(one.since, seam), one.until)
        for one in story.waiting
        if one.until is None or one.until > seam
    ]
    return replace(
        story,
        opened_at=other.opened_at,
        said=said | story.said,
        waiting=before + after,
        bound=[replace(one, since=other.opened_at) if one.since <= seam else one for one in story.bound],
    )


def _message(key: str) -> str:
    """The message behind a word, which two tickets show where it was split off; empty for calls and openings."""
    last = key.rpartition(":")[2]
    return "" if last == "live" or last.startswith("#") else last


def with_live(story: Story) -> Story:
    """A ticket that was logged during a live contact was answered at its opening: as one of the things said."""
    if not story.live:
        return story
    return replace(story, said={"live": Utterance(story.opened_at, staff=True), **story.said})
