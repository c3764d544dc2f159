"""Tests of the web stand in the hospital of `tests/hospital.py`."""

from tests.hospital import api, app, bell, client, hospital, house, library, password_hash

__all__ = ["api", "app", "bell", "client", "hospital", "house", "library", "password_hash"]
