"""The platform's error codes and what each means for us. HTTP says 200 whatever happened; the code decides."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

from bot.channels.base import DeliveryState, Receipt
from bot.channels.faults import Fault, Mark, Passing, Permanent, error
from bot.errors import SendError

PLATFORM_TIME: Final = timezone(timedelta(hours=8))
"""Quotas of the day begin anew at midnight in Beijing."""

STALE_TOKEN: Final = frozenset({40001, 40014, 42001})
DAILY_QUOTA: Final = 45009
BAD_ARGUMENT: Final = 47003


def _misconfigured(reason: str) -> Passing:
    return Passing(reason, halt=True)


FAULTS: Final[Mapping[int, Fault]] = {
    -1: Passing("busy", timedelta(seconds=2)),
    40001: _misconfigured("token_refused"),
    40014: _misconfigured("token_refused"),
    42001: _misconfigured("token_refused"),
    40013: _misconfigured("wrong_app_id"),
    40125: _misconfigured("wrong_app_secret"),
    41001: _misconfigured("token_missing"),
    41002: _misconfigured("app_id_missing"),
    40164: _misconfigured("address_not_allowed"),
    61004: _misconfigured("address_not_allowed"),
    89503: _misconfigured("administrator_must_confirm"),
    40003: Permanent("unknown_openid", Mark.BAD_NUMBER),
    40037: Permanent("unknown_template"),
    41030: Permanent("bad_page"),
    40066: Permanent("bad_page"),
    43004: Permanent("not_following", Mark.UNSUBSCRIBED),
    50005: Permanent("not_following", Mark.UNSUBSCRIBED),
    43019: Permanent("blocked", Mark.UNREACHABLE),
    48002: Permanent("refuses_messages", Mark.UNREACHABLE),
    43101: Permanent("no_subscription"),
    45002: Permanent("too_long", switch=False),
    DAILY_QUOTA: _misconfigured("quota_of_the_day"),
    45011: Passing("too_fast", timedelta(seconds=60)),
    45015: Permanent("window_closed", Mark.WINDOW_CLOSED),
    45047: Permanent("window_used_up", Mark.WINDOW_CLOSED),
    47001: Permanent("bad_json", switch=False),
    BAD_ARGUMENT: Permanent("bad_template_field"),
    48001: _misconfigured("not_permitted"),
    48004: _misconfigured("banned"),
    48008: _misconfigured("type_not_permitted"),
    48006: _misconfigured("quota_resets_used_up"),
    50002: Permanent("frozen", Mark.UNREACHABLE),
}


def refusal(code: int, message: str, now: datetime) -> SendError:
    """The error for a code that is not 0; one that is not listed is taken as final and named by its number."""
    fault = FAULTS.get(code, Permanent("not_listed"))
    if code == DAILY_QUOTA:
        fault = Passing("quota_of_the_day", _until_midnight(now), halt=True)
    if code == BAD_ARGUMENT and (named := re.search(r"data\.(\w+)\.value", message)):
        fault = Permanent(f"bad_template_field {named[1]}")
    return error("wechat", code, fault)


def receipt(status: str) -> Receipt:
    """Read the status of a TEMPLATESENDJOBFINISH event; the platform varies the blanks after `failed:`."""
    words = status.replace(":", " ").casefold().split()
    if words == ["success"]:
        return Receipt(DeliveryState.DELIVERED)
    fault = Permanent("refuses_messages", Mark.UNREACHABLE) if "user" in words else Permanent("platform_failed")
    return Receipt(DeliveryState.FAILED, error("wechat", "template", fault))


def _until_midnight(now: datetime) -> timedelta:
    there = now.astimezone(PLATFORM_TIME)
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight - there
