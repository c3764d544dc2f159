"""Settings from the environment and `.env`, read once and passed down; every mistake names its setting."""

import difflib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from bot.errors import SettingsError
from dialogs.audience import Switch

PREFIX = "YUNBAN_"
FOR_TESTS = {"YUNBAN_TEST_POSTGRES_URL"}


class Settings(BaseModel):
    """One field a setting, in lower case and without the prefix; the contract lists them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: str = "sqlite:///data/yunban.db"
    public_url: str | None = None
    secret_key: str | None = None
    data_key: str | None = None
    timezone: str = "Asia/Shanghai"
    area_code: str | None = None
    area_switches: frozenset[Switch] = frozenset()

    wechat_app_id: str | None = None
    wechat_app_secret: str | None = None
    wechat_token: str | None = None
    wechat_aes_key: str | None = None
    wechat_mode: Literal["plain", "compatible", "secure"] = "secure"
    wechat_api_url: str = "https://api.weixin.qq.com"
    wechat_template_id: str | None = None

    sms_provider: Literal["twilio", "aliyun", "none"] = "none"
    twilio_account_sid: str | None = None
    twilio_auth_token: str | None = None
    twilio_from: str | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_api_url: str = "https://api.twilio.com"
    aliyun_access_key_id: str | None = None
    aliyun_access_key_secret: str | None = None
    aliyun_sign_name: str | None = None
    aliyun_api_url: str = "https://dysmsapi.aliyuncs.com"
    aliyun_callback_secret: str | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"no such time zone: {name}") from None
        return name

    @field_validator("area_switches", mode="before")
    @classmethod
    def _named_switches(cls, names: object) -> object:
        if not isinstance(names, str):
            return names
        given = [name.strip() for name in names.split(",") if name.strip()]
        for name in given:
            if name not in set(Switch):
                raise ValueError(f"no switch {name!r}, there are {', '.join(Switch)}")
        return given

    @field_validator("public_url", "wechat_api_url", "twilio_api_url", "aliyun_api_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def spool_folder(self) -> Path:
        """Where messages wait while the database does not answer: beside the embedded one, else under `data`."""
        name = self.database_url.removeprefix("sqlite:///")
        return (Path(name).parent if name != self.database_url else Path("data")) / "spool"

    @property
    def has_wechat(self) -> bool:
        return any((self.wechat_app_id, self.wechat_app_secret, self.wechat_token))

    @classmethod
    def read(cls, environ: Mapping[str, str], dotenv: Path = Path(".env")) -> "Settings":
        """Read `.env`, then the environment above it. An unknown YUNBAN_ name is an error: it is a misspelling."""
        given = _read_file(dotenv)
        given |= dict(environ)
        ours = {name: value for name, value in given.items() if name.startswith(PREFIX) and name not in FOR_TESTS}
        for name in ours:
            if name.removeprefix(PREFIX).lower() not in cls.model_fields:
                raise SettingsError(f"{name}: unknown setting{_meant(name, cls)}")
        try:
            return cls.model_validate(
                {name.removeprefix(PREFIX).lower(): value for name, value in ours.items() if value.strip()}
            )
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + str(first["loc"][0]).upper()
            raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None

    def need(self, *fields: str) -> None:
        """Raise SettingsError for the first of `fields` that is missing."""
        for field in fields:
            if getattr(self, field) is None:
                raise SettingsError(f"{PREFIX}{field.upper()} is not set")

    def need_for_data(self) -> None:
        self.need("data_key")

    def need_for_channels(self) -> None:
        """Check that what delivers messages is complete: at least one channel, and all secrets of each."""
        self.need("data_key")
        if not self.has_wechat and self.sms_provider == "none":
            raise SettingsError("no channel: set YUNBAN_WECHAT_APP_ID, YUNBAN_WECHAT_TOKEN … or YUNBAN_SMS_PROVIDER")
        if self.has_wechat:
            self.need("wechat_app_id", "wechat_app_secret", "wechat_token")
            if self.wechat_mode != "plain":
                self.need("wechat_aes_key")
        if self.sms_provider == "twilio":
            self.need("twilio_account_sid", "twilio_auth_token", "public_url")
            if self.twilio_messaging_service_sid is None:
                self.need("twilio_from")
        if self.sms_provider == "aliyun":
            raise SettingsError("YUNBAN_SMS_PROVIDER: aliyun has no adapter yet, use twilio or none")

    def need_for_web(self) -> None:
        self.need("secret_key")
        self.need_for_channels()


def _read_file(dotenv: Path) -> dict[str, str]:
    """What stands in `.env`; a file that is not there says nothing. Raises SettingsError naming the line."""
    try:
        written = dotenv.read_text(encoding="utf-8-sig") if dotenv.is_file() else ""
    except UnicodeDecodeError:
        raise SettingsError(f"{dotenv}: not UTF-8 text") from None
    for binding in parse_stream(StringIO(written)):
        if binding.error:
            raise SettingsError(f"{dotenv}, line {binding.original.line}: not NAME=value")
    return {name: value for name, value in dotenv_values(stream=StringIO(written)).items() if value is not None}


def _meant(name: str, cls: type[Settings]) -> str:
    known = [PREFIX + field.upper() for field in cls.model_fields]
    near = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {near[0]}?" if near else ""
