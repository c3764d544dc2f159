"""Field encryption and keyed hashes: opening the database shows no name, no number, no sentence."""

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SettingsError

FORMAT = b"\x01"
KEY_ID_BYTES, NONCE_BYTES = 4, 12


class Keyring:
    """AES-256-GCM under the newest key; values sealed under an older one still open.

    A sealed value is: format (1 byte), key id (4), nonce (12), ciphertext with tag. `place` is authenticated, so a
    value copied to another column does not open.
    """

    def __init__(self, keys: list[bytes]) -> None:
        """`keys`: 32 bytes each, newest first. Look-up hashes are made from the oldest and so outlive a rotation."""
        self._ciphers = {hashlib.sha256(key).digest()[:KEY_ID_BYTES]: AESGCM(key) for key in keys}
        self._newest = hashlib.sha256(keys[0]).digest()[:KEY_ID_BYTES]
        self._prefix = FORMAT + self._newest
        self._lookup_key = HKDF(hashes.SHA256(), 32, salt=None, info=b"yunban lookup").derive(keys[-1])

    @classmethod
    def read(cls, setting: str) -> "Keyring":
        """Read YUNBAN_DATA_KEY: 32 bytes in base64; after a rotation the newest first, older ones behind commas."""
        keys = []
        for number, part in enumerate(setting.split(","), start=1):
            try:
                key = base64.b64decode(part.strip(), validate=True)
            except binascii.Error:
                raise SettingsError(f"YUNBAN_DATA_KEY: key {number} is not base64") from None
            if len(key) != 32:
                raise SettingsError(f"YUNBAN_DATA_KEY: key {number} has {len(key)} bytes, 32 are needed")
            keys.append(key)
        return cls(keys)

    def seal(self, text: str, place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return (
            self._prefix
            + nonce
            + self._ciphers[self._newest].encrypt(nonce, text.encode(errors="replace"), place.encode())
        )

    def open(self, sealed: bytes, place: str) -> str:
        key_id, nonce = sealed[1 : 1 + KEY_ID_BYTES], sealed[1 + KEY_ID_BYTES : 1 + KEY_ID_BYTES + NONCE_BYTES]
        cipher = self._ciphers.get(key_id)
        if sealed[:1] != FORMAT or cipher is None:
            raise SettingsError(f"{place}: sealed under key {key_id.hex()}, which YUNBAN_DATA_KEY does not hold")
        try:
            return cipher.decrypt(nonce, sealed[1 + KEY_ID_BYTES + NONCE_BYTES :], place.encode()).decode()
        except InvalidTag:
            raise SettingsError(f"{place}: a stored value was altered or belongs to another column") from None

    def lookup_hash(self, kind: str, value: str) -> str:
        """Find a person by phone, openid or national id without storing it: 128 bits of a keyed hash, as hex."""
        return hmac.digest(self._lookup_key, f"{kind}:{value}".encode(), "sha256")[:16].hex()
