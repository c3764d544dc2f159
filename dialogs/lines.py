"""The keys of `wording/<lang>/service.yaml` that code speaks by; the library refuses to load when one is missing."""

from enum import StrEnum


class Line(StrEnum):
    """What a woman or her guardian reads."""

    OR_SAY = "or_say"
    HANDED_OVER = "handed_over"
    VANISHED = "vanished"
    HELD = "held"
    RESUMED = "resumed"
    NOTHING_HELD = "nothing_held"
    NOTED = "noted"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    UNREAD = "unread"
    UNREAD_AGAIN = "unread_again"
    MEDIA = "media"
    THANKS = "thanks"
    HELP = "help"
    WELCOME_BACK = "welcome_back"
    GUARDIAN_HELP = "guardian_help"
    GUARDIAN_EMERGENCY = "guardian_alert.emergency"
    GUARDIAN_URGENT = "guardian_alert.urgent"


class Reason(StrEnum):
    """What a nurse reads beside an escalation; Chinese only."""

    DANGER = "reason.danger"
    UNCONFIRMED = "reason.unconfirmed"
    UNCLEAR = "reason.unclear"
    VANISHED = "reason.vanished"
    OPTED_OUT = "reason.opted_out"
    WROTE_AFTER_OPT_OUT = "reason.wrote_after_opt_out"
    UNREAD = "reason.unread"
    UNREAD_AGAIN = "reason.unread_again"
    MEDIA = "reason.media"
    GUARDIAN = "reason.guardian"
