"""A real Dovecot on the loopback with its own configuration and folder, and a proxy that cuts its answers."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

from otklik import clock
from otklik.channels.models import Mailbox
from otklik.outbox.vault import seal

PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
SECRET = "loopback-only"
_names = count(1)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dovecot:
    """One server; `deliver` puts letters into the folder of its one user."""

    def __init__(self, *, tokens_at: str = "") -> None:
        self.home = Path(tempfile.mkdtemp(prefix="otklik-dovecot-"))
        self.home.chmod(0o755)
        self.port = free_port()
        root = os.getuid() == 0
        self.owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
        group = grp.getgrgid(self.owner.pw_gid).gr_name
        for part in ("cur", "new", "tmp"):
            (self.maildir / part).mkdir(parents=True)
        self._own(self.home / "mail")
        own = self.owner.pw_name
        internal = (
            ""
            if root
            else f"default_internal_user = {own}\ndefault_login_user = {own}\ndefault_internal_group = {group}\n"
        )
        (self.home / "conf").write_text(
            f"protocols = imap\nlisten = 127.0.0.1\nbase_dir = {self.home}/run\nlog_path = {self.home}/log\nssl = no\n"
            f"disable_plaintext_auth = no\nmail_location = maildir:{self.home}/mail/%u\nfirst_valid_uid = 1\n"
            f"mail_max_userip_connections = 100\n{internal}"
            f"{self._passdb(tokens_at)}"
            f"userdb {{\n  driver = static\n  args = uid={own} gid={group} home={self.home}/mail/%u\n}}\n"
            f"service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {self.port}\n  }}\n"
            "  inet_listener imaps {\n    port = 0\n  }\n}\n"
            "service anvil {\n  chroot =\n}\nservice stats {\n  chroot =\n}\n"
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def _passdb(self, tokens_at: str) -> str:
        """Who may sign in: with the one password, or with a token that the address vouches for."""
        if not tokens_at:
            return f"passdb {{\n  driver = static\n  args = password={SECRET}\n}}\n"
        (self.home / "tokens").write_text(
            f"tokeninfo_url = {tokens_at}?access_token=\nintrospection_mode = get\nusername_attribute = user\n"
            f"introspection_url = {tokens_at}?access_token=\nactive_attribute = active\nactive_value = true\n"
        )
        return (
            "auth_mechanisms = xoauth2\n"
            f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {self.home}/tokens\n}}\n"
        )

    @property
    def maildir(self) -> Path:
        """Folder of the user's letters."""
        return self.home / "mail" / "desk"

    def _own(self, folder: Path) -> None:
        if os.getuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def start(self) -> None:
        """Start it and wait until it greets."""
        assert PROGRAM
        self.process = subprocess.Popen([PROGRAM, "-F", "-c", str(self.home / "conf")], stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as greeting:
                    if greeting.recv(4) == b"* OK":
                        return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.home / "log").read_text())

    def stop(self) -> None:
        """Stop it; its folder stays."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=10)
            self.process = None

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def deliver(self, *letters: bytes) -> None:
        """Put letters where the server finds them as new."""
        for raw in letters:
            name = f"{time.time():.6f}.{os.getpid()}_{next(_names)}.desk"
            part = self.maildir / "tmp" / name
            part.write_bytes(raw)
            if os.getuid() == 0:
                os.chown(part, self.owner.pw_uid, self.owner.pw_gid)
            part.rename(self.maildir / "new" / name)

    def letters(self) -> list[Path]:
        """Files of the folder."""
        return [path for part in ("cur", "new") for path in (self.maildir / part).iterdir()]

    def seen(self) -> int:
        """How many of them bear the mark "seen"."""
        return sum("S" in path.name.rpartition(":2,")[2] for path in self.letters())

    def forget_uids(self) -> None:
        """Number everything anew under a new UIDVALIDITY, as a mailbox moved to another server is."""
        self.stop()
        for name in ("dovecot-uidlist", "dovecot-uidvalidity"):
            for path in self.maildir.glob(f"{name}*"):
                path.unlink()
        for path in self.maildir.glob("dovecot.index*"):
            path.unlink()
        time.sleep(1.1)  # UIDVALIDITY is a time in seconds
        self.start()

    def mailbox(self, name: str = "support", port: int = 0, **values: object) -> Mailbox:
        """The mailbox of ours that reads it."""
        return Mailbox.objects.create(
            name=name,
            address="support@desk.example",
            host="127.0.0.1",
            port=port or self.port,
            tls="none",
            user="desk",
            secret=seal(SECRET),
            created_at=clock.now(),
            **values,
        )


class Proxy:
    """A TCP proxy that cuts each connection after so many bytes from the server, or stalls it."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.cut_after: int | None = None
        self.stalled = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            self.open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, self.cut_after), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, left: int | None) -> None:
        try:
            while data := source.recv(4096):
                while self.stalled:
                    time.sleep(0.05)
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                target.sendall(data)
                if left == 0:
                    break
        except OSError:
            pass
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self) -> None:
        """End it and every connection through it."""
        self.stalled = False
        self.listener.close()
        for one in self.open:
            one.close()
