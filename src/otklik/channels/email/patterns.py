"""Patterns over foreign text under RE2, compiled when first used: most processes read no letter at all."""

from __future__ import annotations

from typing import Any

import re2

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn")
_written: list[_Pattern] = []


class _Pattern:
    """A pattern whose methods are those of RE2's from the first use on."""

    def __init__(self, source: str | bytes, options: Any) -> None:
        self._source, self._options = source, options
        _written.append(self)

    def __getattr__(self, name: str) -> Any:
        """Compile; from then on the methods are found on the instance."""
        if name not in _METHODS:
            raise AttributeError(name)
        made = re2.compile(self._source, self._options)
        self.__dict__.update({each: getattr(made, each) for each in _METHODS})
        return self.__dict__[name]


def pattern(source: str | bytes, options: Any = None) -> Any:
    """What `re2.compile` gives, at the cost of a name until somebody looks for it; `test_patterns` compiles each."""
    return _Pattern(source, options)


def warm() -> None:
    """Compile every pattern of the modules loaded so far: for a parent whose children shall find them ready."""
    for each in _written:
        each.search  # noqa: B018  # looking for a method compiles
