"""A sender's domain that only looks like one of ours or of our customers."""

from __future__ import annotations

from collections.abc import Iterable

# Signs that people take for each other; both sides are mapped to one spelling before they are compared.
_TWINS = str.maketrans(
    {"1": "l", "i": "l", "0": "o", "5": "s", "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y"}
)


def twin(domain: str, known: Iterable[str]) -> str:
    """The known domain that this one resembles without being it; "" when it resembles none."""
    domain = domain.lower()
    names = [name.lower() for name in known]
    if domain in names or any(domain.endswith("." + name) for name in names):
        return ""
    spelled = _spelling(domain)
    for name in names:
        if len(name) >= 5 and (spelled == _spelling(name) or _one_slip(domain, name)):
            return name
    return ""


def _spelling(domain: str) -> str:
    return domain.translate(_TWINS).replace("rn", "m").replace("vv", "w")


def _one_slip(first: str, second: str) -> bool:
    """Whether one letter added, left out or changed makes one of the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    place = next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    if len(first) == len(second):
        return first[place + 1 :] == second[place + 1 :]
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    return longer[place + 1 :] == shorter[place:]
