"""What a demonstration keeps: its database, its own made-up keys and passwords, how far its clock has been moved."""

import base64
import secrets
import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from dotenv import dotenv_values

from bot.settings import Settings
from bot.web.sandbox.cast import lines

MAGIC_NUMBER = "+15005550006"
"""The number that Twilio gives to whoever only tries."""


class Folder:
    """Everything in it may be thrown away: nothing of it opens anything real."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys = path / "keys.env"
        self._moved = path / "clock"

    def reset(self) -> None:
        """Begin anew: only a folder that a demonstration has made is thrown away."""
        if self._keys.exists():
            shutil.rmtree(self.path)

    def settings(self, port: int) -> Settings:
        """Both platforms stand on this machine; secrets are made at the first start and kept."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self._keys.exists():
            self._write_private(self._keys, "".join(f"{name}={value}\n" for name, value in _new_keys().items()))
        here = f"http://127.0.0.1:{port}"
        return Settings.read(
            {
                "YUNBAN_DATABASE_URL": f"sqlite:///{self.path / 'yunban.db'}",
                "YUNBAN_PUBLIC_URL": here,
                "YUNBAN_WECHAT_API_URL": f"{here}/sandbox/wechat-api",
                "YUNBAN_WECHAT_MODE": "secure",
                "YUNBAN_WECHAT_TEMPLATE_ID": lines()["template"]["id"],
                "YUNBAN_SMS_PROVIDER": "twilio",
                "YUNBAN_AREA_SWITCHES": "cold_region",
                "YUNBAN_TWILIO_API_URL": f"{here}/sandbox/twilio-api",
                "YUNBAN_TWILIO_FROM": MAGIC_NUMBER,
            },
            self._keys,
        )

    def passwords(self, roles: Iterable[str]) -> dict[str, str]:
        """The password of each role, made when it is first asked for."""
        known = {name: value or "" for name, value in dotenv_values(self._keys).items()}
        wanted = {role: f"PASSWORD_{role.upper()}" for role in roles}
        missing = {name: secrets.token_urlsafe(9) for name in wanted.values() if name not in known}
        if missing:
            kept = self._keys.read_text()
            self._write_private(self._keys, kept + "".join(f"{name}={value}\n" for name, value in missing.items()))
        return {role: (known | missing)[name] for role, name in wanted.items()}

    @property
    def moved(self) -> timedelta:
        return timedelta(seconds=float(self._moved.read_text())) if self._moved.exists() else timedelta(0)

    def remember(self, moved: timedelta) -> None:
        """Before the clock moves: what is stored must never lie in the future of the next start."""
        self._moved.write_text(str(moved.total_seconds()))

    def _write_private(self, path: Path, text: str) -> None:
        path.touch(mode=0o600)
        path.write_text(text)


def _new_keys() -> dict[str, str]:
    return {
        "YUNBAN_SECRET_KEY": secrets.token_urlsafe(32),
        "YUNBAN_DATA_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "YUNBAN_WECHAT_APP_ID": "wx" + secrets.token_hex(8),
        "YUNBAN_WECHAT_APP_SECRET": secrets.token_hex(16),
        "YUNBAN_WECHAT_TOKEN": secrets.token_hex(12),
        "YUNBAN_WECHAT_AES_KEY": base64.b64encode(secrets.token_bytes(32)).decode().rstrip("="),
        "YUNBAN_TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "YUNBAN_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
    }
