"""One look into a mailbox: everything new is kept first, then the server's copy is touched (safety.md I2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from otklik import clock
from otklik.channels.intake import Delivered
from otklik.channels.models import Inbound, Mailbox, ServerCount
from otklik.outbox import sender

from . import inbound
from .limits import MAX_MAIL
from .server import Fetched, Folder, Session, Trouble

BATCH = 25  # letters kept before the server's copies are marked
BLANKS = 3  # times a server may give nothing for a letter before that itself is written down


def _numbered(folder: Folder, mailbox: Mailbox) -> Folder:
    """The folder under a number of its own for each place a mailbox was: servers count them all from one."""
    return replace(folder, uidvalidity=folder.uidvalidity + (mailbox.place << 32))


class Look:
    """The looks of one reader into one mailbox, with what it remembers between them."""

    def __init__(self, mailbox: Mailbox, *, alive: Callable[[], None] = lambda: None, together: bool = True) -> None:
        self.mailbox = mailbox
        self.alive = alive  # called often: renews the reader's lease, raises when it is lost
        self.together = together  # False: letter by letter, so that one which breaks the line holds up no other
        self.blanks: dict[tuple[int, int], int] = {}

    def into(self, session: Session) -> int:
        """Keep everything new; how many letters that were. Raises `Trouble` and what the database raises."""
        folder = _numbered(session.open_folder(), self.mailbox)
        found = session.uids()
        known = set(
            Inbound.objects.filter(mailbox=self.mailbox, uidvalidity=folder.uidvalidity).values_list("uid", flat=True)
        )
        fresh = [uid for uid in found if uid not in known]
        self._count(folder, found, waiting=len(fresh))
        kept, marks = 0, True
        for start in range(0, len(fresh), BATCH):
            batch = fresh[start : start + BATCH]
            kept += self._keep_all(session, folder, batch)
            marks = marks and self._marked(session, folder, batch)
        self._mark(session, folder, found)
        if fresh:
            self._count(folder, found, waiting=len(fresh) - kept)
        return kept

    def _keep_all(self, session: Session, folder: Folder, uids: Sequence[int]) -> int:
        """Keep a batch in its order: neighbours that came well together, the others letter by letter."""
        self.alive()
        small = session.fetch_small(uids) if self.together and len(uids) > 1 else {}
        kept = 0
        for well, run in groupby(uids, key=lambda uid: uid in small):
            if not well:
                kept += sum(self._keep(session, folder, uid) for uid in run)
                continue
            letters = [self._delivered(folder, small[uid]) for uid in run]
            for _letter in letters:
                clock.faultpoint("intake.after_fetch")
            kept += len(inbound.receive_all(letters, mailbox=self.mailbox))
        return kept

    def _keep(self, session: Session, folder: Folder, uid: int) -> bool:
        self.alive()
        fetched = session.fetch(uid)
        clock.faultpoint("intake.after_fetch")
        if fetched is None or (fetched.raw is None and not self._stays_blank(folder, uid)):
            return False
        inbound.receive_all([self._delivered(folder, fetched)], mailbox=self.mailbox)
        return True

    def _stays_blank(self, folder: Folder, uid: int) -> bool:
        """Whether the server has now given nothing often enough for a letter it says it has."""
        self.blanks[folder.uidvalidity, uid] = self.blanks.get((folder.uidvalidity, uid), 0) + 1
        return self.blanks[folder.uidvalidity, uid] >= BLANKS

    def _delivered(self, folder: Folder, fetched: Fetched) -> Delivered:
        raw = fetched.raw
        if raw is None:  # a line in the ledger all the same: a person shall see that something was there
            raw = f"X-Otklik-Empty: {self.mailbox.name} {folder.uidvalidity} {fetched.uid}\r\n\r\n".encode()
        return Delivered(
            raw=raw,
            received_at=fetched.received_at,
            uid=(folder.uidvalidity, fetched.uid),
            size_told=fetched.size_told,
        )

    def _marked(self, session: Session, folder: Folder, uids: Sequence[int]) -> bool:
        """Whether the server takes our marks; where it does not, everything is kept first, then that is said."""
        try:
            self._mark(session, folder, uids)
        except Trouble as trouble:
            if trouble.code != "mark":
                raise
            return False
        return True

    def _mark(self, session: Session, folder: Folder, uids: Sequence[int]) -> None:
        """Mark what is kept and not yet marked, also what a reader before us left in between."""
        if self.mailbox.after != "seen" and sender.holding(sender.current()):
            return  # after a restore nothing is removed until a person says so
        rows = Inbound.objects.filter(
            mailbox=self.mailbox, uidvalidity=folder.uidvalidity, marked_at=None, uid__in=list(uids)
        )
        sizes = {uid: size for uid, size in rows.values_list("uid", "size") if uid is not None}
        pending = sorted(sizes)
        if not pending:
            return
        clock.faultpoint("intake.before_flag")
        session.mark([uid for uid in pending if sizes[uid] <= MAX_MAIL])
        if beyond := [uid for uid in pending if sizes[uid] > MAX_MAIL]:
            session.flag(beyond)  # we keep only its beginning: the server's copy is the letter
        clock.faultpoint("intake.after_flag")
        rows.filter(uid__in=pending).update(marked_at=clock.now())

    def _count(self, folder: Folder, found: Sequence[int], *, waiting: int) -> None:
        """Write down what the server says it ever gave out; a number that runs backwards is not believed.

        Holes that were there before our first look are nobody's loss.
        """
        first = found[0] if found else (folder.uid_next or 1)
        following = max(folder.uid_next or 0, found[-1] + 1 if found else first)
        row, _ = ServerCount.objects.get_or_create(
            mailbox=self.mailbox,
            uidvalidity=folder.uidvalidity,
            defaults={
                "first_uid": first,
                "uid_next": following,
                "explained": following - first - len(found),
                "looked_at": clock.now(),
            },
        )
        ServerCount.objects.filter(pk=row.pk).update(
            uid_next=max(following, row.uid_next), waiting=waiting, looked_at=clock.now()
        )
