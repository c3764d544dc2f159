"""Every table, imported once: what migrations and fresh databases are made from."""

from models import audit, care_team, conversation, escalation, follow_up, notice, person, pregnancy, record, timer
from models.base import Base

metadata = Base.metadata

__all__ = [
    "audit",
    "care_team",
    "conversation",
    "escalation",
    "follow_up",
    "metadata",
    "notice",
    "person",
    "pregnancy",
    "record",
    "timer",
]
