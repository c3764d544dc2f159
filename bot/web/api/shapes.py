"""What several nouns of the interface share: times with an offset, and bodies that refuse what they do not know."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def _iso(at: datetime) -> str:
    return at.isoformat()


Moment = Annotated[AwareDatetime, PlainSerializer(_iso, return_type=str)]
"""A time as ISO 8601 with its offset: 2026-03-02T02:00:00+00:00."""


class Body(BaseModel):
    """What comes in; an unknown field is refused, and what was sent never stands in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def values_of(value: Any) -> dict[str, Any]:
    """The fields of a service's value, for a shape with the same names."""
    return {field.name: getattr(value, field.name) for field in fields(value)}
