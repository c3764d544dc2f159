from pathlib import Path

import pytest

from dialogs.library import Library

HERE = Path(__file__).parent
HOUSE = HERE / "house"


@pytest.fixture(scope="session")
def library() -> Library:
    """What is shipped."""
    return Library.load()


@pytest.fixture(scope="session")
def house() -> Library:
    """Small scripts that use every kind of step."""
    return Library.load(HOUSE, menu=HOUSE / "menu.yaml")
