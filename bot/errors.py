"""Every error that Yunban raises on purpose; `str()` of each is one line that names the place.

YunbanError
├── SettingsError          a setting is missing or wrong: nothing starts
├── DatabaseUnreachable    the database does not answer
├── Invalid                input that cannot be taken: 422 over HTTP, exit status 2 on the command line
├── NotFound               404
├── Conflict               409: somebody else was first
└── SendError              a message did not leave, or perhaps did
    ├── Unreachable        for good, for this address or this payload
    ├── ChannelDown        for now, or until a person mends the channel
    └── OutcomeUnknown     the platform did not answer in time: it may have been sent
"""

from datetime import timedelta


class YunbanError(Exception):
    pass


class SettingsError(YunbanError):
    pass


class DatabaseUnreachable(YunbanError):
    pass


class Invalid(YunbanError):
    pass


class NotFound(YunbanError):
    pass


class Conflict(YunbanError):
    pass


class SendError(YunbanError):
    """`code` is the platform and its own code, `reason` our one word for it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Unreachable(SendError):
    """`mark` is what to remember of the address (unsubscribed, bad_number, opted_out, window_closed), if anything.

    `switch` says whether another channel may help; a payload that is wrong is wrong everywhere.
    """

    def __init__(self, code: str, reason: str, *, mark: str | None = None, switch: bool = True) -> None:
        super().__init__(code, reason)
        self.mark = mark
        self.switch = switch


class ChannelDown(SendError):
    """`halt` stops the whole channel (wrong secret, quota of the day) until `retry_after` or a person."""

    def __init__(self, code: str, reason: str, *, retry_after: timedelta | None = None, halt: bool = False) -> None:
        super().__init__(code, reason)
        self.retry_after = retry_after
        self.halt = halt


class OutcomeUnknown(SendError):
    pass
