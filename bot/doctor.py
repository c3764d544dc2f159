"""Would this house work? Everything that a start and a first message need, looked at one after the other."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import func, select, text

from bot import migrate
from bot.channels.configured import configured
from bot.channels.wechat_push import read_aes_key
from bot.clock import Clock
from bot.crypto import Keyring
from bot.db import Database
from bot.emergency_numbers import FRESH_FOR
from bot.errors import Invalid, SettingsError, YunbanError
from bot.settings import Settings
from dialogs.library import Library
from dialogs.source import LibraryError
from models.audit import AuditEvent
from models.care_team import Facility
from models.person import Patient

CLOCKS_MAY_DIFFER: Final = timedelta(seconds=30)
"""WeChat and Twilio sign their requests with the time; timers of several hosts must agree."""

Look: TypeAlias = Callable[[], str | Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at, in one line."""

    name: str
    healthy: bool
    line: str


async def examine(environ: Mapping[str, str], clock: Clock, dotenv: Path = Path(".env")) -> AsyncIterator[Sign]:
    """Goes on after what is wrong, as far as the rest can still be looked at."""
    try:
        settings = Settings.read(environ, dotenv)
    except SettingsError as error:
        yield Sign("settings", healthy=False, line=str(error))
        return
    yield await _look("settings", lambda: _settings(settings))
    yield await _look("dialogs", _dialogs)
    async for sign in _examine_records(settings, clock):
        yield sign
    with suppress(SettingsError):  # named among the settings
        settings.need_for_channels()
        for kind, channel in configured(settings, clock).items():
            yield await _look(kind.value, channel.check)
            await channel.close()


async def _examine_records(settings: Settings, clock: Clock) -> AsyncIterator[Sign]:
    try:
        settings.need_for_data()
        db = Database.open(settings.database_url, Keyring.read(settings.data_key or ""))
    except SettingsError as error:
        yield Sign("database", healthy=False, line=str(error))
        return
    for name, look in _looks_at(db, settings, clock).items():
        sign = await _look(name, look)
        yield sign
        if not sign.healthy and name in {"database", "migrations"}:
            break
    db.close()


async def _look(name: str, look: Look) -> Sign:
    try:
        found = look()
        return Sign(name, healthy=True, line=found if isinstance(found, str) else await found)
    except (YunbanError, LibraryError) as error:
        return Sign(name, healthy=False, line=" · ".join(str(error).splitlines()))


def _settings(settings: Settings) -> str:
    settings.need_for_web()
    if settings.has_wechat and settings.wechat_mode != "plain":
        read_aes_key(settings.wechat_aes_key)
    return f"complete, {settings.timezone}"


def _dialogs() -> str:
    return f"{len(Library.load().scripts)} scripts"


def _looks_at(db: Database, settings: Settings, clock: Clock) -> dict[str, Look]:
    return {
        "database": lambda: _database(db),
        "migrations": lambda: _migrations(db),
        "data key": lambda: _data_key(db),
        "clock": lambda: _clock(db, settings, clock),
        "directory": lambda: _directory(db, settings, clock),
    }


def _database(db: Database) -> str:
    db.check()
    if not db.is_sqlite:
        with db.reading() as session:
            encoding = session.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise Invalid(f"is encoded in {encoding}: create it with ENCODING 'UTF8'")
    return db.address


def _migrations(db: Database) -> str:
    if not migrate.is_current(db):
        raise Invalid(f"at {migrate.revision(db)}, not at {migrate.revisions()[-1]}: run `yunban db upgrade`")
    return f"at {migrate.revision(db)}"


def _data_key(db: Database) -> str:
    """The newest woman can be read: a key that is well-formed and another one's makes every turn fail."""
    with db.reading() as session:
        known = session.execute(select(Patient.name).order_by(Patient.id.desc()).limit(1)).first()
    return "opens the records" if known else "no records yet"


def _clock(db: Database, settings: Settings, clock: Clock) -> str:
    now = clock.now()
    with db.reading() as session:
        last = session.scalar(select(func.max(AuditEvent.at)))
        elsewhere = None if db.is_sqlite else session.execute(text("SELECT clock_timestamp()")).scalar_one()
    if last is not None and last > now + CLOCKS_MAY_DIFFER:
        raise Invalid(f"stands at {now:%Y-%m-%d %H:%M:%S} UTC, but something was audited later: set it right")
    if elsewhere is not None and abs(elsewhere - now) > CLOCKS_MAY_DIFFER:
        raise Invalid(f"differs by {abs(elsewhere - now).total_seconds():.0f} s from the database's")
    return f"{now.astimezone(settings.zone):%Y-%m-%d %H:%M:%S %Z}"


def _directory(db: Database, settings: Settings, clock: Clock) -> str:
    fresh_since = clock.now().astimezone(settings.zone).date() - FRESH_FOR
    with db.reading() as session:
        rows = session.execute(select(Facility.code, Facility.emergency_phone, Facility.verified_on)).all()
    if not rows:
        raise Invalid("is empty: women would be told no number, run `yunban facility import`")
    stale = [row.code for row in rows if row.verified_on is None or row.verified_on < fresh_since]
    if stale:
        more = f" and {len(stale) - 5} more" if len(stale) > 5 else ""
        raise Invalid(f"not verified for {FRESH_FOR.days} days: {', '.join(stale[:5])}{more}")
    if not any(row.emergency_phone for row in rows):
        raise Invalid("no institution has an emergency number")
    return f"{len(rows)} institutions, all verified"
