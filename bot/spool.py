"""Messages that came while the database did not answer: sealed files, one each, until they are stored."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from bot.crypto import Keyring
from bot.errors import SettingsError
from bot.inbound import Inbound

PLACE = "spool"
SUFFIX = ".sealed"


class Spool:
    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring

    def keep(self, inbound: Inbound) -> Path:
        """Write it durably; the name follows the time, so that order is kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{inbound.received_at:%Y%m%dT%H%M%S%f}-{self._keyring.lookup_hash('spool', inbound.external_id)}"
        path = self._folder / f"{name}{SUFFIX}"
        sealed = self._keyring.seal(json.dumps(inbound.to_json(), ensure_ascii=False), PLACE)
        with path.with_suffix(".part").open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").rename(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return path

    def kept(self) -> Iterator[tuple[Path, Inbound]]:
        """Everything that is still waiting, oldest first. Raises SettingsError for a file that no key opens."""
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                yield path, Inbound.from_json(json.loads(self._keyring.open(path.read_bytes(), PLACE)))
            except SettingsError as error:
                raise SettingsError(f"{path}: {error}") from None

    def done(self, path: Path) -> None:
        path.unlink(missing_ok=True)
