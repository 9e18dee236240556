"""Who wrote this letter?  Verified, unverified or failed, by the word of our own mail server only (safety.md A3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection

from . import structure
from .message import Letter
from .patterns import pattern
from .wordlists import listed

VERIFIED, UNVERIFIED, FAILED = "verified", "unverified", "failed"
MAX_RESULTS = 4_000  # characters of one Authentication-Results field that are read
MAX_SIGNATURES = 5  # DKIM signatures tried on one letter

_COMMENT = pattern(r"\([^()]{0,500}\)")
_METHOD = pattern(r"(?i)^\s*(dmarc|dkim|spf)\s*(?:/\s*\d+)?\s*=\s*([a-z]+)(.*)$")
_PROPERTY = pattern(r"(?i)(header\.d|header\.from|header\.i|smtp\.mailfrom|policy\.dmarc)\s*=\s*\"?([^\s;\"]{1,255})")
# Fields that the journey writes; two copies of one letter differ only in them. So do all of "X-": servers write
# there what concerns one receiver (Exchange, Yandex, Mail.ru do), and nothing of them makes another letter.
_TRACE = listed(
    """
    arc-authentication-results; arc-message-signature; arc-seal; authentication-results;
    authentication-results-original; content-length; delivered-to; dkim-signature; domainkey-signature;
    envelope-to; lines; received; received-spf; resent-from; resent-to; return-path; status;
    """
)
_KEPT = "x-otklik"  # ours

Resolver = Callable[..., bytes | None]  # dkimpy's dnsfunc: a name in, the TXT record out


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip(" .<>").lower()


def aligned(author_domain: str, signing_domain: str) -> bool:
    """Whether a signature of `signing_domain` speaks for an author: the same domain, or one above it.

    RFC 7489 §3.1 also lets a domain below the author's vouch for it; that needs a list of public suffixes, and a
    domain given away to others could speak for its parent, so it is not believed here.
    """
    author_domain, signing_domain = author_domain.lower().strip("."), signing_domain.lower().strip(".")
    if not author_domain or signing_domain.count(".") < 1:
        return bool(author_domain) and author_domain == signing_domain
    return author_domain == signing_domain or author_domain.endswith("." + signing_domain)


def _own_results(letter: Letter, authserv_ids: Collection[str]) -> str:
    """The top-most Authentication-Results of our own server; every other one may be the sender's invention."""
    own = {name.lower() for name in authserv_ids}
    for value in letter.authentication_results:
        text: str = _COMMENT.sub(" ", value[:MAX_RESULTS])
        server, _, results = text.partition(";")
        words = server.split()
        if words and words[0].lower() in own:
            return results
    return ""


def _by_results(results: str, domain: str, silent: str) -> str:
    """Judgement of one list of results; DMARC decides, an aligned DKIM pass serves where DMARC says nothing.

    ``silent`` is the domain that is meant where the server does not name the one it looked at.
    """
    signed = False
    for piece in results.split(";"):
        match = _METHOD.search(piece)
        if not match:
            continue
        method, result, rest = match[1].lower(), match[2].lower(), match[3]
        properties = {name.lower(): value for name, value in (_PROPERTY.findall(rest))}
        if method == "dmarc":
            if result == "pass":
                return VERIFIED if _domain(properties.get("header.from", silent)) == domain else UNVERIFIED
            if result == "fail":
                return FAILED
        elif method == "dkim" and result == "pass":
            signer = properties.get("header.d") or _domain(properties.get("header.i", ""))
            signed = signed or aligned(domain, signer)
    return VERIFIED if signed else UNVERIFIED


def sender_state(
    letter: Letter,
    *,
    authserv_ids: Collection[str] = (),
    trusted_domains: Collection[str] = (),
    raw: bytes = b"",
    resolver: Resolver | None = None,
) -> str:
    """`verified`, `unverified` or `failed` (domain.md §10.3).

    Args:
        letter: the letter parsed. authserv_ids: names by which our own server signs its results; none, no trust.
        trusted_domains: the author domains of a declared relay, for letters that came through it (§10.4); the caller
            passes them only for such a letter.
        raw, resolver: the bytes and a DNS function for our own DKIM check; no network is used without a resolver.
    """
    domain = _domain(letter.author.address)
    if letter.authors != 1 or not domain:
        return FAILED if letter.authors > 1 else UNVERIFIED
    silent = "" if "@" in letter.author.name else domain  # with two addresses it may have looked at the other one
    state = _by_results(_own_results(letter, authserv_ids), domain, silent) if authserv_ids else UNVERIFIED
    if state == UNVERIFIED and domain in {name.lower() for name in trusted_domains}:
        return VERIFIED
    if state == UNVERIFIED and resolver is not None and raw and signed_by_author(raw, domain, resolver):
        return VERIFIED
    return state


def signed_by_author(raw: bytes, domain: str, resolver: Resolver) -> bool:
    """Own DKIM check: a valid signature whose domain is aligned with the author's (RFC 6376)."""
    import dkim

    root = structure.read(raw)
    count = len(root.every("dkim-signature"))
    for index in range(min(count, MAX_SIGNATURES)):
        checker = dkim.DKIM(raw)
        try:
            valid = checker.verify(idx=index, dnsfunc=resolver)
        except Exception:  # a hostile signature may raise anything; it proves nothing
            valid = False
        if b"l" in (checker.signature_fields or {}):
            valid = False  # it signs only the beginning: anybody may have written the rest (RFC 6376 §8.2)
        if valid and checker.domain and aligned(domain, checker.domain.decode("ascii", "replace")):
            return True
    return False


def content_identity(raw: bytes) -> str:
    """Digest of a letter without the traces of its journey: two copies of one letter have the same (SHA-256, hex).

    The Message-ID is part of it but not all of it: a forged id does not make another letter a duplicate. Without one,
    as printers and alarms send, the first server that took it over tells one "paper jam" from the next.
    """
    fields, start = structure.split(raw, at_top=True)
    digest = hashlib.sha256()
    known = {name for name, value in fields if value.strip()}
    if "message-id" not in known:
        origin = next((value for name, value in reversed(fields) if name == "received"), b"")
        digest.update(b" ".join(origin.split()) + b"\n")
    for name, value in fields:
        if name not in _TRACE and (not name.startswith("x-") or name.startswith(_KEPT)):
            digest.update(name.encode("ascii") + b":" + b" ".join(value.split()) + b"\n")
    body = raw[start:].replace(b"\r\n", b"\n").rstrip(b"\n")
    digest.update(b"\n" + body)
    return digest.hexdigest()
