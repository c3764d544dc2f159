"""Each story on each database, in the same clinic."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import pytest

from dialogs.library import Library
from tests.journeys.clinic import Clinic, open_clinic
from tests.people import Story

Open = Callable[..., AbstractAsyncContextManager[Clinic]]


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load()


@pytest.fixture
def clinic(database_url, db, keyring, library, tmp_path) -> Open:
    """Open the clinic at a time, with these women enrolled."""

    def open_with(*stories: Story, at: datetime) -> AbstractAsyncContextManager[Clinic]:
        return open_clinic(database_url, db, keyring, library, at, tmp_path, list(stories))

    return open_with
