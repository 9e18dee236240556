"""An IMAP server of our own that lies on purpose: wrong sizes, repeated UIDs, nothing, too much, a sudden goodbye."""

from __future__ import annotations

import re
import socketserver
import threading

UIDVALIDITY = 7


class Liar:
    """Serves the given letters by UID; ``lies`` names what it does wrong."""

    def __init__(self, letters: dict[int, bytes | None], lies: frozenset[str] = frozenset()) -> None:
        self.letters, self.lies = letters, lies
        liar = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                for line in self.rfile:
                    tag, _, order = line.strip().partition(b" ")
                    liar.answer(self.wfile, tag, order)
                    if order.upper() == b"LOGOUT":
                        return

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Talk)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, out, tag: bytes, order: bytes) -> None:
        """One command."""
        word = order.upper()
        if word.startswith(b"CAPABILITY"):
            out.write(b"* CAPABILITY IMAP4rev1\r\n")
        elif word.startswith((b"SELECT", b"EXAMINE")):
            next_uid = 1 if "uidnext runs backwards" in self.lies else max(self.letters, default=0) + 1
            out.write(b"* %d EXISTS\r\n* OK [UIDVALIDITY %d]\r\n" % (len(self.letters), UIDVALIDITY))
            out.write(b"* OK [UIDNEXT %d]\r\n" % next_uid)
            if "read-only" in self.lies:
                out.write(tag + b" OK [READ-ONLY] done\r\n")
                return
        elif word.startswith(b"UID SEARCH"):
            uids = list(self.letters) * (2 if "repeated uids" in self.lies else 1)
            out.write(b"* SEARCH " + b" ".join(b"%d" % uid for uid in uids) + b"\r\n")
        elif match := re.match(rb"UID FETCH ([\d,]+) ", word):
            for uid in match[1].split(b","):
                self._fetch(out, int(uid))
        elif word.startswith(b"UID STORE") and self.lies & {"takes no marks", "read-only"}:
            out.write(tag + b" NO read-only\r\n")
            return
        elif word.startswith(b"LOGOUT"):
            out.write(b"* BYE\r\n")
        out.write(tag + b" OK done\r\n")

    def _fetch(self, out, uid: int) -> None:
        raw = self.letters[uid]
        if "goodbye" in self.lies or (uid == 2 and "goodbye at the second" in self.lies):
            out.write(b"* BYE out of memory\r\n")
            out.flush()
            raise ConnectionError("said goodbye")
        if "foreign letters" in self.lies:
            out.write(b"* 99 FETCH (UID 99 BODY[] {5}\r\nalien)\r\n* 1 FETCH (FLAGS (\\Seen))\r\n")
        head = b'* 1 FETCH (UID %d INTERNALDATE "23-Nov-2026 10:00:00 +0300" RFC822.SIZE ' % uid
        if raw is None:
            out.write(head + b"10 BODY[] NIL)\r\n")
        elif "endless" in self.lies:
            out.write(head + b"9999999999 BODY[] {9999999999}\r\n")
        else:
            size = 3 if "wrong size" in self.lies else len(raw)
            out.write(head + b"%d BODY[]<0> {%d}\r\n" % (size, len(raw)) + raw + b")\r\n")

    def close(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()
