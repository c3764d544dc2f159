"""Texts with places for facts: `{nurse|护士}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class Place:
    """`alternative` stands where the fact is unknown; None means that the general one of the wording does."""

    name: str
    alternative: str | None


@dataclass(frozen=True, slots=True)
class Template:
    literals: tuple[str, ...]
    places: tuple[Place, ...]

    def fill(self, facts: Mapping[str, str], general: Mapping[str, str]) -> str:
        """`general` are the alternatives of places that name none; it must have one for each of them."""
        if not self.places:
            return self.literals[0]
        pieces = [self.literals[0]]
        for place, literal in zip(self.places, self.literals[1:], strict=True):
            alternative = general.get(place.name, "") if place.alternative is None else place.alternative
            pieces += (facts.get(place.name) or alternative, literal)
        return "".join(pieces)


@cache
def template(text: str) -> Template:
    """Raises ValueError for a brace that belongs to no place."""
    literals, places, end = [], [], 0
    for match in _PLACE.finditer(text):
        literals.append(text[end : match.start()])
        places.append(Place(match[1], match[2]))
        end = match.end()
    literals.append(text[end:])
    if any(brace in literal for literal in literals for brace in "{}"):
        raise ValueError(f"a brace that belongs to no {{fact}} in {text!r}")
    return Template(tuple(literals), tuple(places))
