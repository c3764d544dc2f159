"""Whom a nurse can invite: those she may see, in the order in which they need a card."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.care_team import colleague_named
from bot.errors import Invalid, NotFound
from bot.invitations import VALID_FOR, bind, invite
from bot.invitees import chosen, count_waiting, waiting
from models.base import new_id
from models.person import ContactPoint, Patient
from models.pregnancy import Pregnancy
from models.values import ChannelKind
from tests import people
from tests.conftest import NOW
from tests.people import AMEI, WANGFANG, XIAOLIN, XIAOXUE


@pytest.fixture
def ward(db, keyring):
    """Three women without WeChat and one with: 王芳 is nurse Li's, 阿美 nobody's, 小雪 far away."""
    with db.transaction() as session:
        here, far = people.hospital(session, NOW), people.hospital(session, NOW, code="far-away")
        li = people.nurse(session, NOW, here)
        where = {XIAOLIN: (here, li), AMEI: (here, None), WANGFANG: (here, li), XIAOXUE: (far, None)}
        women = {}
        for minute, (story, (facility, nurse)) in enumerate(where.items()):
            at = NOW + timedelta(minutes=minute)
            women[story] = people.enrol(session, keyring, story, at, facility=facility, nurse=nurse).patient.id
        lost = [women[story] for story in (AMEI, WANGFANG, XIAOXUE)]
        wechat = ContactPoint.channel == ChannelKind.WECHAT
        session.execute(update(ContactPoint).where(ContactPoint.patient_id.in_(lost), wechat).values(status="replaced"))
        return women


@pytest.fixture
def session(db, ward):
    with db.transaction() as session:
        yield session


def names(women):
    return [woman.name for woman in women]


def test_a_nurse_sees_her_own_first_and_nobody_of_another_hospital(session):
    li = colleague_named(session, "李护士")
    assert names(waiting(session, li, NOW)) == ["王芳", "阿美"]
    assert count_waiting(session, li) == 2
    assert names(waiting(session, li, NOW, limit=1)) == ["王芳"]


def test_without_a_nurse_all_are_listed_or_those_of_one_facility(session):
    assert names(waiting(session, None, NOW)) == ["阿美", "王芳", "小雪"]
    assert names(waiting(session, None, NOW, facility="far-away")) == ["小雪"]
    with pytest.raises(NotFound, match="no facility nowhere"):
        waiting(session, None, NOW, facility="nowhere")


def test_who_has_a_card_comes_after_who_has_none_until_it_has_run_out(session, keyring, ward):
    li = colleague_named(session, "李护士")
    invite(session.connection(), keyring, ward[WANGFANG], NOW)
    assert [(woman.name, woman.invited_at) for woman in waiting(session, li, NOW)] == [("阿美", None), ("王芳", NOW)]
    assert names(waiting(session, li, NOW + VALID_FOR)) == ["王芳", "阿美"]


def test_who_has_scanned_waits_no_more(session, keyring, ward):
    connection = session.connection()
    bind(connection, keyring, invite(connection, keyring, ward[WANGFANG], NOW), "openid-new", NOW)
    li = colleague_named(session, "李护士")
    assert names(waiting(session, li, NOW)) == ["阿美"]
    (woman,) = chosen(session, [ward[WANGFANG]], li, NOW)
    assert woman.on_wechat
    assert woman.invited_at is None


def test_nobody_is_asked_to_join_after_a_loss(session, ward):
    session.execute(update(Pregnancy).where(Pregnancy.patient_id == ward[AMEI]).values(status="ended"))
    assert names(waiting(session, colleague_named(session, "李护士"), NOW)) == ["王芳"]


def test_those_who_are_chosen_come_in_the_order_given_with_what_tells_them_apart(session, ward):
    women = chosen(session, [ward[AMEI], ward[XIAOLIN]], colleague_named(session, "李护士"), NOW)
    assert [(woman.name, woman.phone_end, woman.nurse, woman.on_wechat) for woman in women] == [
        ("阿美", "0002", None, False),
        ("小林", "0001", "李护士", True),
    ]
    assert "阿美" not in repr(women[0])
    assert "0002" not in repr(women[0])


def test_a_woman_out_of_sight_or_unknown_is_not_found(session, ward):
    li = colleague_named(session, "李护士")
    for patient_id in (ward[XIAOXUE], new_id()):
        with pytest.raises(NotFound, match=str(patient_id)):
            chosen(session, [ward[AMEI], patient_id], li, NOW)


@pytest.mark.parametrize("status", ["unconfirmed", "protected", "merged", "closed"])
def test_only_a_registered_woman_is_invited(session, ward, status):
    session.execute(update(Patient).where(Patient.id == ward[AMEI]).values(status=status))
    with pytest.raises(Invalid, match=f"is {status}"):
        chosen(session, [ward[AMEI]], None, NOW)
