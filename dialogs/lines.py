"""The keys of `wording/<lang>/service.yaml` that code speaks by; the library refuses to load when one is missing."""

from enum import StrEnum


class Line(StrEnum):
    """What a woman or her guardian reads."""

    OR_SAY = "or_say"
    BETWEEN = "between"
    HANDED_OVER = "handed_over"
    VANISHED = "vanished"
    HELD = "held"
    RESUMED = "resumed"
    NOTHING_HELD = "nothing_held"
    NOTED = "noted"
    READING = "reading"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    UNREAD = "unread"
    UNREAD_AGAIN = "unread_again"
    MEDIA = "media"
    THANKS = "thanks"
    DEPARTED = "departed"
    HELP = "help"
    WELCOME_BACK = "welcome_back"
    GUARDIAN_HELP = "guardian_help"
    GUARDIAN_EMERGENCY = "guardian_alert.emergency"
    GUARDIAN_URGENT = "guardian_alert.urgent"


class SafetyLine(StrEnum):
    """What stands in every text that sends her away at once; in `wording/<lang>/triage.yaml`."""

    HOSPITAL = "hospital_line"


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
    SECOND_LOOK = "reason.second_look"


class Label(StrEnum):
    """The words of a transcript; Chinese only."""

    BOT = "transcript.bot"
    SHE = "transcript.she"
    GUARDIAN = "transcript.guardian"
    RECORD = "transcript.record"
    ESCALATE = "transcript.escalate"
    TELL_GUARDIAN = "transcript.tell_guardian"
    CONSENT = "transcript.consent"
    NO_CONSENT = "transcript.no_consent"
    OPT_OUT = "transcript.opt_out"
    OPT_IN = "transcript.opt_in"
    IDENTIFY = "transcript.identify"
    LANGUAGE = "transcript.language"
    NAME_GUARDIAN = "transcript.name_guardian"
    OUTCOME = "transcript.outcome"
    LATER = "transcript.later"
    END = "transcript.end"
    IMAGE = "transcript.image"
    VOICE = "transcript.voice"
    LOCATION = "transcript.location"
    FOLLOWED = "transcript.followed"
    TIMEOUT = "transcript.timeout"
    MENU = "transcript.menu"
