"""A woman's page as data, and who finds her, on both databases."""

from datetime import timedelta
from uuid import UUID

import pytest

from bot.care_team import colleague
from bot.chart import agenda, answers, chart, follow_ups, observations, undelivered
from bot.errors import NotFound
from bot.messages import compose, queue
from bot.reach import open_windows
from bot.search import search
from dialogs.effects import Purpose
from models.follow_up import FollowUp
from models.record import Observation
from models.values import ChannelKind, StaffRole
from tests import people
from tests.conftest import NOW
from tests.people import AMEI, SHANGHAI, WANGFANG, XIAOLIN, XIAOQIN

DAY = timedelta(days=1)
TODAY = NOW.astimezone(SHANGHAI).date()


class Ward:
    def __init__(self, db, keyring) -> None:
        self.db, self.keyring = db, keyring
        with db.transaction() as session:
            here, elsewhere = people.hospital(session, NOW), people.hospital(session, NOW, code="far-away")
            li = people.nurse(session, NOW, here)
            self.staff = {
                "li": colleague(session, li.id),
                "zhou": colleague(session, people.nurse(session, NOW, here, "周护士").id),
                "far": colleague(session, people.nurse(session, NOW, elsewhere, "吴护士").id),
                "zhao": colleague(session, people.nurse(session, NOW, here, "赵主任", StaffRole.SUPERVISOR).id),
                "county": colleague(session, people.nurse(session, NOW, None, "孙主任", StaffRole.COUNTY).id),
            }
            self.women = {
                story.name: people.enrol(session, keyring, story, NOW, facility=here, nurse=li)
                for story in (XIAOLIN, AMEI, WANGFANG, XIAOQIN)
            }

    def id(self, name: str) -> UUID:
        return self.women[name].patient.id

    def chart(self, name: str, who: str | None = "li"):
        with self.db.reading() as session:
            return chart(session, self.id(name), who and self.staff[who], NOW, SHANGHAI)

    def finds(self, who: str, words: str) -> list[str]:
        with self.db.reading() as session:
            return sorted(hit.name for hit in search(session, self.staff[who], words, self.keyring, TODAY))


@pytest.fixture
def ward(db, keyring) -> Ward:
    return Ward(db, keyring)


def test_weeks_before_the_birth_and_days_after_it(ward):
    assert str(ward.chart("小林").stage.gestational_age) == "32+0"
    after = ward.chart("王芳").stage
    assert (after.gestational_age, after.postpartum_day) == (None, 3)


@pytest.mark.parametrize(
    ("who", "knows"), [("li", True), ("zhou", None), ("zhao", True), ("county", True), (None, True)]
)
def test_infection_is_known_to_her_own_nurse_and_those_above(ward, who, knows):
    assert ward.chart("小琴", who).infectious is knows


def test_staff_of_another_hospital_find_no_chart(ward):
    with pytest.raises(NotFound):
        ward.chart("小林", "far")


def test_the_ways_to_reach_her_and_her_guardian(ward):
    with ward.db.connection() as connection:
        open_windows(connection, [ward.women["小林"].wechat.id], NOW - timedelta(hours=1))
    contacts = {(contact.channel, contact.guardian): contact for contact in ward.chart("小林").contacts}
    assert contacts[ChannelKind.WECHAT, None].window_open
    assert contacts[ChannelKind.SMS, None].address == "+8613900000001"
    assert contacts[ChannelKind.SMS, "阿强"].relation == "husband"


def test_of_each_thing_she_was_asked_the_latest_answer_counts(ward):
    with ward.db.transaction() as session:
        for days, code, value in ((3, "pulse", 80), (2, "temperature", 36.4), (1, "pulse", 96)):
            session.add(
                Observation(
                    patient_id=ward.id("小林"), code=code, value=value, observed_at=NOW - days * DAY, recorded_at=NOW
                )
            )
    with ward.db.reading() as session:
        assert [(one.code, one.value) for one in answers(session, ward.id("小林"))] == [
            ("pulse", 96),
            ("temperature", 36.4),
        ]
        first = observations(session, ward.id("小林"), None, 2)
        rest = observations(session, ward.id("小林"), first[-1][0], 2)
    assert sorted(one.value for _, one in first + rest) == [36.4, 80, 96]


def test_answers_that_tell_of_an_infection_are_as_hidden_as_the_infection(ward):
    with ward.db.transaction() as session:
        for code, value in (("treatment", "kept"), ("pulse", 80)):
            session.add(
                Observation(patient_id=ward.id("小琴"), code=code, value=value, observed_at=NOW, recorded_at=NOW)
            )
    with ward.db.reading() as session:
        told = {one.code for one in answers(session, ward.id("小琴"))}
        hidden = {one.code for one in answers(session, ward.id("小琴"), show_infection=False)}
    assert (told, hidden) == ({"treatment", "pulse"}, {"pulse"})


def test_what_did_not_arrive_is_told_with_its_reason(ward):
    rows = [
        compose(
            patient_id=ward.id("小林"),
            channel=ChannelKind.SMS,
            contact_point_id=None,
            text="请尽快联系医院",
            purpose=Purpose.SAFETY,
            now=NOW,
            state=state,
            reason="bad_number",
        )
        for state in ("failed", "sent")
    ]
    with ward.db.connection() as connection:
        queue(connection, rows, NOW)
    with ward.db.reading() as session:
        (lost,) = undelivered(session, ward.id("小林"))
    assert (lost.purpose, lost.state, lost.reason) == ("safety", "failed", "bad_number")


def test_the_agenda_joins_what_went_before_with_what_comes(ward):
    with ward.db.transaction() as session:
        for days, state in ((-9, "missed"), (-2, "answered"), (1, "planned"), (4, "planned"), (-1, "cancelled")):
            session.add(
                FollowUp(
                    pregnancy_id=ward.women["小林"].pregnancy.id,
                    patient_id=ward.id("小林"),
                    key=f"check_in:{days}",
                    kind="check_in",
                    due_on=TODAY + days * DAY,
                    due_at=NOW + days * DAY,
                    state=state,
                    created_at=NOW,
                )
            )
    with ward.db.reading() as session:
        assert [one.state for one in agenda(session, ward.id("小林"), NOW)] == [
            "missed",
            "answered",
            "planned",
            "planned",
        ]
        assert len(follow_ups(session, ward.id("小林"))) == 5


@pytest.mark.parametrize(
    ("who", "words", "found"),
    [
        ("li", "小", ["小林", "小琴"]),
        ("county", "阿美", ["阿美"]),
        ("far", "小", []),
        ("li", "139 0000 0002", ["阿美"]),
        ("li", "+8613800000001", ["小林"]),
        ("far", "13900000002", []),
        ("li", "13999999999", []),
        ("li", "1390", []),
        ("li", "  ", []),
    ],
)
def test_who_looks_for_a_woman_finds_those_she_may_see(ward, who, words, found):
    assert ward.finds(who, words) == found
