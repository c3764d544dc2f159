"""Everything a running process holds, made once by the command line and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.channels.base import Channel
from bot.clock import Clock
from bot.crypto import Keyring
from bot.db import Database
from bot.settings import Settings
from dialogs.library import Library
from models.values import ChannelKind


@dataclass(frozen=True)
class House:
    settings: Settings
    clock: Clock
    keyring: Keyring
    db: Database
    library: Library
    channels: Mapping[ChannelKind, Channel] = field(default_factory=dict)
