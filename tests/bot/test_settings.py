import pytest

from bot.errors import SettingsError
from bot.settings import FOR_TESTS, PREFIX, Settings
from dialogs.audience import Switch
from tests.conftest import DATA_KEY

WECHAT = {
    "YUNBAN_WECHAT_APP_ID": "wx0000000000000001",
    "YUNBAN_WECHAT_APP_SECRET": "made-up-app-secret",
    "YUNBAN_WECHAT_TOKEN": "made-up-token",
    "YUNBAN_WECHAT_AES_KEY": "made-up-aes-key-of-43-characters-0000000000",
}
TWILIO = {
    "YUNBAN_SMS_PROVIDER": "twilio",
    "YUNBAN_TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
    "YUNBAN_TWILIO_AUTH_TOKEN": "made-up-auth-token",
    "YUNBAN_TWILIO_FROM": "+15005550006",
    "YUNBAN_PUBLIC_URL": "https://yunban.example",
}
WHOLE = {"YUNBAN_DATA_KEY": DATA_KEY, "YUNBAN_SECRET_KEY": "made-up-secret", **WECHAT, **TWILIO}


@pytest.fixture
def read(tmp_path):
    def read(environ, dotenv=""):
        (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        return Settings.read(environ, tmp_path / ".env")

    return read


def test_an_empty_environment_gives_the_embedded_default_and_no_secrets(read):
    settings = read({"PATH": "/usr/bin"})
    assert settings.database_url == "sqlite:///data/yunban.db"
    assert settings.timezone == "Asia/Shanghai"
    assert not [name for name in WHOLE if "KEY" in name and getattr(settings, name.removeprefix(PREFIX).lower())]


def test_the_environment_stands_above_the_file(read):
    settings = read({"YUNBAN_AREA_CODE": "000001"}, "YUNBAN_AREA_CODE=000002\nYUNBAN_TIMEZONE=UTC\nOTHER=1\n")
    assert (settings.area_code, settings.timezone) == ("000001", "UTC")


@pytest.mark.parametrize("source", ["environment", "file"])
def test_a_misspelt_setting_is_refused_and_the_right_one_suggested(read, source):
    name, value = "YUNBAN_WECHAT_APPID", "wx0000000000000001"
    environ, dotenv = ({name: value}, "") if source == "environment" else ({}, f"{name}={value}\n")
    with pytest.raises(SettingsError, match=r"YUNBAN_WECHAT_APPID: unknown .* YUNBAN_WECHAT_APP_ID\?") as caught:
        read(environ, dotenv)
    assert value not in str(caught.value)


def test_a_name_like_no_other_is_refused_without_a_guess(read):
    with pytest.raises(SettingsError, match=r"^YUNBAN_QQQ: unknown setting$"):
        read({"YUNBAN_QQQ": "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YUNBAN_TIMEZONE", "Asia/Shangai"),
        ("YUNBAN_PUBLIC_URL", "yunban.example"),
        ("YUNBAN_WECHAT_API_URL", "ftp://made-up-host"),
        ("YUNBAN_WECHAT_MODE", "clear"),
        ("YUNBAN_SMS_PROVIDER", "pigeon"),
        ("YUNBAN_AREA_SWITCHES", "cold_region,flood"),
    ],
)
def test_a_value_that_cannot_be_is_one_line_that_names_its_setting(read, name, value):
    with pytest.raises(SettingsError, match=rf"^{name}: [^\n]+$"):
        read({name: value})


def test_an_area_turns_on_what_it_names(read):
    assert read({"YUNBAN_AREA_SWITCHES": "epidemic, cold_region"}).area_switches == set(Switch)
    assert read({}).area_switches == frozenset()


def test_a_whole_set_lets_the_web_start(read):
    read(WHOLE).need_for_web()


@pytest.mark.parametrize("missing", sorted(set(WHOLE) - {"YUNBAN_SMS_PROVIDER"}))
def test_each_missing_secret_is_named_before_anything_starts(read, missing):
    settings = read({name: value for name, value in WHOLE.items() if name != missing})
    with pytest.raises(SettingsError, match=f"^{missing} is not set$"):
        settings.need_for_web()


@pytest.mark.parametrize("blank", ["", "   "])
def test_an_empty_value_is_a_missing_one(read, blank):
    with pytest.raises(SettingsError, match="YUNBAN_SECRET_KEY is not set"):
        read(WHOLE | {"YUNBAN_SECRET_KEY": blank}).need_for_web()


def test_a_house_without_any_channel_does_not_start(read):
    with pytest.raises(SettingsError, match="no channel"):
        read({"YUNBAN_DATA_KEY": DATA_KEY, "YUNBAN_SECRET_KEY": "made-up-secret"}).need_for_web()


def test_plain_mode_needs_no_aes_key_and_a_messaging_service_no_sender(read):
    lean = {name: value for name, value in WHOLE.items() if name not in {"YUNBAN_WECHAT_AES_KEY", "YUNBAN_TWILIO_FROM"}}
    read(lean | {"YUNBAN_WECHAT_MODE": "plain", "YUNBAN_TWILIO_MESSAGING_SERVICE_SID": "MG01"}).need_for_web()


def test_settings_for_tests_are_let_through(read):
    read(dict.fromkeys(FOR_TESTS, "postgresql://127.0.0.1/test"))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"YUNBAN_AREA_CODE=220681\nnot a setting (at all\n", "line 2"),
        ("YUNBAN_AREA_CODE=县".encode("gb18030"), "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, written, words):
    (tmp_path / ".env").write_bytes(written)
    with pytest.raises(SettingsError, match=rf"\.env.*{words}"):
        Settings.read({}, tmp_path / ".env")
