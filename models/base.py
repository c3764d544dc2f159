"""What every table shares: naming, time-ordered ids, times with a zone, columns that are encrypted at rest."""

import json
import os
import time
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, MetaData, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator


class Cipher(Protocol):
    """Seals a text for one place (`table.column`) and opens it again; `bot/crypto.py` has the real one."""

    def seal(self, text: str, place: str) -> bytes: ...

    def open(self, sealed: bytes, place: str) -> str: ...


_ciphers: WeakKeyDictionary[Dialect, Cipher] = WeakKeyDictionary()


def seal_with(dialect: Dialect, cipher: Cipher) -> None:
    """Give an engine's dialect the cipher of its encrypted columns, so that no key is ever a module's global."""
    _ciphers[dialect] = cipher


class UTCDateTime(TypeDecorator[datetime]):
    """Refuses naive times and gives UTC back; SQLite would silently drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Encrypted(TypeDecorator[str]):
    """A text sealed with AES-GCM; bound to `place`, so that a value moved to another column does not open."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _ciphers[dialect].seal(value, self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _ciphers[dialect].open(bytes(value), self.place)


class EncryptedJSON(TypeDecorator[Any]):
    """Like `Encrypted`, for a value that JSON can hold."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return _ciphers[dialect].seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")), self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(_ciphers[dialect].open(bytes(value), self.place))


Json = JSON().with_variant(JSONB(), "postgresql")


def new_id() -> UUID:
    """A UUID of version 7: 48 bits of milliseconds, then random, so that keys made together lie together."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=(value & ~(0xF << 76) & ~(0x3 << 62)) | 0x7 << 76 | 0x2 << 62)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        UUID: Uuid(),
        datetime: UTCDateTime(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
    }
