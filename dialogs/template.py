"""Texts with places for facts, `{nurse|护士}`, and what is said only where facts are known, `{?孕{ga}|孕周不详}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

_PART = re.compile(r"\{\?(?P<ways>(?:[^{}]|\{[^{}]*\})+)\}|\{(?P<name>[a-z][a-z0-9_]*)(?:\|(?P<alternative>[^{}]*))?\}")
_BETWEEN_WAYS = re.compile(r"\|(?![^{}]*\})")


@dataclass(frozen=True, slots=True)
class Place:
    """`alternative` stands where the fact is unknown; None means that the general one of the wording does."""

    name: str
    alternative: str | None

    def fill(self, facts: Mapping[str, str], general: Mapping[str, str]) -> str:
        alternative = general.get(self.name, "") if self.alternative is None else self.alternative
        return facts.get(self.name) or alternative


@dataclass(frozen=True, slots=True)
class Ways:
    """One thing that can be said in several ways: the first whose facts are all known is said, or nothing."""

    ways: tuple["Template", ...]

    def fill(self, facts: Mapping[str, str], general: Mapping[str, str]) -> str:
        return next((way.fill(facts, general) for way in self.ways if way.is_known(facts)), "")


Part: TypeAlias = str | Place | Ways


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[Part, ...]

    @property
    def places(self) -> Iterator[Place]:
        for part in self.parts:
            if isinstance(part, Place):
                yield part
            elif isinstance(part, Ways):
                for way in part.ways:
                    yield from way.places

    @property
    def always(self) -> str:
        """What is said whatever is unknown."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def is_known(self, facts: Mapping[str, str]) -> bool:
        return all(place.alternative is not None or facts.get(place.name) for place in self.places)

    def fill(self, facts: Mapping[str, str], general: Mapping[str, str]) -> str:
        """`general` are the alternatives of places that name none; it must have one for each of them."""
        return "".join(part if isinstance(part, str) else part.fill(facts, general) for part in self.parts)


@cache
def template(text: str) -> Template:
    """Raises ValueError for a brace that belongs to no place."""
    parts: list[Part] = []
    end = 0
    for match in _PART.finditer(text):
        parts += [_literal(text[end : match.start()], text), _variable(match)]
        end = match.end()
    return Template((*parts, _literal(text[end:], text)))


def _variable(match: re.Match[str]) -> Part:
    if match["ways"] is None:
        return Place(match["name"], match["alternative"])
    return Ways(tuple(template(way) for way in _BETWEEN_WAYS.split(match["ways"])))


def _literal(piece: str, text: str) -> str:
    if "{" in piece or "}" in piece:
        raise ValueError(f"a brace that belongs to no {{fact}} in {text!r}")
    return piece
