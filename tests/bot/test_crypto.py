import base64

import pytest

from bot.crypto import Keyring
from bot.errors import SettingsError

NAME, PLACE = "小林", "patient.name"
OLD, NEW = b"o" * 32, b"n" * 32


def setting(*keys: bytes) -> str:
    return ",".join(base64.b64encode(key).decode() for key in keys)


def test_what_is_sealed_opens_again_and_shows_nothing(keyring):
    sealed = keyring.seal(NAME, PLACE)
    assert keyring.open(sealed, PLACE) == NAME
    assert NAME.encode() not in sealed


def test_the_same_name_never_looks_the_same(keyring):
    assert len({keyring.seal(NAME, PLACE) for _ in range(50)}) == 50


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key():
    before, after = Keyring.read(setting(OLD)), Keyring.read(setting(NEW, OLD))
    assert after.open(before.seal(NAME, PLACE), PLACE) == NAME
    with pytest.raises(SettingsError, match=r"patient\.name: sealed under key"):
        before.open(after.seal(NAME, PLACE), PLACE)


def test_people_are_found_by_the_same_hash_after_a_rotation():
    before, after = Keyring.read(setting(OLD)), Keyring.read(setting(NEW, OLD))
    assert before.lookup_hash("sms", "+8613900000001") == after.lookup_hash("sms", "+8613900000001")


def test_a_hash_tells_kinds_people_and_keys_apart(keyring):
    hashes = {
        keyring.lookup_hash("sms", "+8613900000001"),
        keyring.lookup_hash("sms", "+8613900000002"),
        keyring.lookup_hash("wechat", "+8613900000001"),
        Keyring.read(setting(OLD)).lookup_hash("sms", "+8613900000001"),
    }
    assert len(hashes) == 4
    assert {len(value) for value in hashes} == {32}


def test_a_value_copied_to_another_column_does_not_open(keyring):
    with pytest.raises(SettingsError, match=r"guardian\.name: .* another column"):
        keyring.open(keyring.seal(NAME, PLACE), "guardian.name")


def test_no_byte_can_be_changed_unnoticed(keyring):
    sealed = keyring.seal(NAME, PLACE)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(SettingsError, match=r"patient\.name"):
            keyring.open(bytes(altered), PLACE)


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x01" + b"0" * 16])
def test_a_value_cut_short_is_an_error_that_names_its_place(keyring, stored):
    with pytest.raises(SettingsError, match=r"patient\.name"):
        keyring.open(stored, PLACE)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("not base64!", "key 1 is not base64"),
        (setting(b"short"), "key 1 has 5 bytes"),
        (setting(OLD, b"short"), "key 2 has 5 bytes"),
        (setting(OLD) + ",", "key 2 has 0 bytes"),
    ],
)
def test_a_wrong_key_is_named_by_its_number_and_never_printed(value, line):
    with pytest.raises(SettingsError, match=f"^YUNBAN_DATA_KEY: {line}") as caught:
        Keyring.read(value)
    assert base64.b64encode(OLD).decode() not in str(caught.value)
