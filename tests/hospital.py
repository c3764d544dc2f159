"""A hospital behind the web: two nurses, a supervisor, women of the cast, a token for each scope."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from bot.bell import Bell
from bot.channels.memory import MemoryChannel
from bot.conversation import Conversation
from bot.db import Database
from bot.escalations import Call, call_humans
from bot.house import House
from bot.inbound import Inbound
from bot.reception import Reception
from bot.spool import Spool
from bot.staff import Scope, add_token
from bot.web.app import create_app
from bot.worklist import sheet_of
from dialogs.library import Library
from dialogs.snapshot import Heard, HeardKind
from models.values import Address, ChannelKind, StaffRole, Urgency
from tests import people
from tests.conftest import NOW
from tests.people import AMEI, WANGFANG, XIAOLIN, XIAOQIN, Story

PASSWORD = "made-up-password"


@dataclass
class Hospital:
    house: House
    women: dict[str, UUID]
    pregnancies: dict[str, UUID]
    tokens: dict[str, str]

    @property
    def db(self) -> Database:
        return self.house.db

    def calls(self, name: str, urgency: Urgency = Urgency.URGENT, reason: str = "危险信号：不动了") -> UUID:
        """A human is called to this woman."""
        evidence = {
            "rule": "M12a",
            "sign": "fetal_movement",
            "level": "urgent",
            "status": "current",
            "evidence": "不动了",
        }
        with self.db.connection() as connection:
            call_humans(connection, [Call(self.women[name], urgency, reason, [evidence])], self.house.clock.now())
        with self.db.reading() as session:
            return sheet_of(session, self.women[name]).id

    def hears(self, story: Story, text: str) -> None:
        """She writes in WeChat, and is answered."""
        now = self.house.clock.now()
        words = Inbound(Address(ChannelKind.WECHAT, story.openid), f"m:{uuid4()}", now, Heard(HeardKind.TEXT, text))
        with self.db.connection() as connection:
            Conversation(self.house).receive(connection, [words], now)


@pytest.fixture(scope="session")
def password_hash() -> str:
    """As slow as the real one would be, the tests would take minutes; its own parameters stand in a hash."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load()


@pytest.fixture
def house(db, settings, clock, keyring, library) -> House:
    return House(settings, clock, keyring, db, library, {kind: MemoryChannel(kind) for kind in ChannelKind})


@pytest.fixture
def hospital(house: House, password_hash: str) -> Hospital:
    with house.db.transaction() as session:
        here = people.hospital(session, NOW)
        elsewhere = people.hospital(session, NOW, code="far-away")
        staff = {
            name: people.nurse(session, NOW, where, name, role)
            for name, role, where in (
                ("李护士", StaffRole.NURSE, here),
                ("周护士", StaffRole.NURSE, here),
                ("吴护士", StaffRole.NURSE, elsewhere),
                ("赵主任", StaffRole.SUPERVISOR, here),
            )
        }
        for member in staff.values():
            member.password_hash = password_hash
        tokens = {scope.value: add_token(session, f"his-{scope}", scope, NOW) for scope in Scope}
        women = {
            story.name: people.enrol(session, house.keyring, story, NOW, facility=here, nurse=staff["李护士"])
            for story in (XIAOLIN, AMEI, WANGFANG, XIAOQIN)
        }
        return Hospital(
            house,
            {name: woman.patient.id for name, woman in women.items()},
            {name: woman.pregnancy.id for name, woman in women.items()},
            tokens,
        )


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def app(house: House, hospital: Hospital, bell: Bell, tmp_path):
    return create_app(house, Reception(house, Spool(tmp_path / "spool", house.keyring)), bell)


@pytest.fixture
def client(app) -> TestClient:
    """A browser or another system, not signed in and without a token."""
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def api(app, hospital: Hospital) -> TestClient:
    """Another system with the right to write."""
    return TestClient(app, headers={"Authorization": f"Bearer {hospital.tokens['write']}"})
