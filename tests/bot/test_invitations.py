"""A code in a QR picture makes a WeChat a woman's own: once, for one, within its time."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.errors import Conflict, Invalid, NotFound
from bot.escalations import Call, call_humans
from bot.invitations import bind, invite, merge
from bot.reach import meet, reach_women
from models.base import new_id
from models.conversation import InboundMessage
from models.conversation import Session as Dialog
from models.escalation import Escalation
from models.person import ContactPoint, Guardian, Invitation, Patient
from models.pregnancy import Pregnancy
from models.record import Observation
from models.values import Address, ChannelKind, Urgency
from tests import people
from tests.conftest import NOW

NEW_OPENID = "openid-of-a-new-phone"


@pytest.fixture
def amei(db, keyring):
    with db.transaction() as session:
        return people.enrol(session, keyring, people.AMEI, NOW).patient.id


@pytest.fixture
def code(db, keyring, amei):
    with db.connection() as connection:
        return invite(connection, keyring, amei, NOW)


@pytest.fixture
def scan(db, keyring):
    def scan(code, openid=NEW_OPENID, at=NOW):
        with db.connection() as connection:
            return bind(connection, keyring, code, openid, at)

    return scan


@pytest.fixture
def stranger(db, keyring):
    """Somebody who wrote before she scanned: a record with a message, a reading and a dialog."""
    with db.connection() as connection:
        [met] = meet(connection, keyring, [Address(ChannelKind.WECHAT, NEW_OPENID)], NOW)
    with db.transaction() as session:
        session.add(
            InboundMessage(
                channel="wechat",
                external_id="1",
                patient_id=met.patient_id,
                contact_point_id=met.reach.contact_point_id,
                kind="text",
                content={"text": "…"},
                received_at=NOW,
            )
        )
        session.add(Observation(patient_id=met.patient_id, code="weight", value=60, observed_at=NOW, recorded_at=NOW))
        session.add(dialog_of(met.patient_id))
    return met.patient_id


def dialog_of(patient):
    return Dialog(
        id=new_id(),
        patient_id=patient,
        script="enrolment",
        script_version=1,
        state={},
        next_scripts=[],
        began_at=NOW,
        touched_at=NOW,
    )


def owners(db, model):
    with db.reading() as session:
        return {row.patient_id for row in session.scalars(select(model))}


def test_a_scan_makes_the_wechat_hers_and_a_second_one_changes_nothing(db, amei, code, scan):
    assert scan(code) == amei
    assert scan(code) == amei
    with db.reading() as session:
        statuses = {point.address: point.status for point in session.scalars(select(ContactPoint))}
        reach = reach_women(session.connection(), [amei])[amei]
        assert session.get_one(ContactPoint, reach.contact_point_id).address == NEW_OPENID
    assert statuses[people.AMEI.openid] == "replaced"


def test_a_code_that_was_used_binds_nobody_else(code, scan):
    scan(code)
    with pytest.raises(Conflict):
        scan(code, openid="somebody-else")


def test_a_code_ends_and_a_wrong_one_never_began(code, scan):
    with pytest.raises(Invalid, match="expired"):
        scan(code, at=NOW + timedelta(days=30))
    with pytest.raises(NotFound):
        scan("wrong")


def test_the_code_itself_is_not_kept_and_fits_a_qr_scene(db, code):
    with db.reading() as session:
        invitation = session.scalars(select(Invitation)).one()
    assert code not in repr(vars(invitation))
    assert len(code) <= 64


def test_nobody_is_invited_for_a_woman_who_is_not_there(db, keyring):
    with pytest.raises(NotFound), db.connection() as connection:
        invite(connection, keyring, new_id(), NOW)


def test_the_wechat_of_another_registered_woman_stays_hers(db, keyring, code, scan):
    with db.transaction() as session:
        people.enrol(session, keyring, people.XIAOLIN, NOW)
    with pytest.raises(Conflict):
        scan(code, openid=people.XIAOLIN.openid)


def test_a_telephone_handed_on_takes_its_wechat_along(db, keyring, amei, code, scan):
    scan(code)  # from now on her first WeChat is replaced
    with db.transaction() as session:
        xiaolin = people.enrol(session, keyring, people.XIAOLIN, NOW).patient.id
        code = invite(session.connection(), keyring, xiaolin, NOW)
    assert scan(code, openid=people.AMEI.openid) == xiaolin
    with db.reading() as session:
        reach = reach_women(session.connection(), [amei, xiaolin])
        assert {woman: session.get_one(ContactPoint, reach[woman].contact_point_id).address for woman in reach} == {
            amei: NEW_OPENID,
            xiaolin: people.AMEI.openid,
        }


def test_a_guardian_who_scans_her_code_does_not_become_her(db, amei, code, scan, keyring):
    with db.transaction() as session:
        guardian = session.scalars(select(Guardian).where(Guardian.patient_id == amei)).one()
        session.add(
            ContactPoint(
                patient_id=amei,
                guardian_id=guardian.id,
                channel="wechat",
                address="openid-of-dawei",
                address_hash=keyring.lookup_hash("wechat", "openid-of-dawei"),
                created_at=NOW,
            )
        )
    with pytest.raises(Conflict, match="guardian"):
        scan(code, openid="openid-of-dawei")


def test_what_she_said_before_she_scanned_becomes_part_of_her_record(db, amei, stranger, code, scan):
    scan(code)
    assert (
        owners(db, InboundMessage)
        == owners(db, Observation)
        == owners(db, Dialog)
        == owners(db, ContactPoint)
        == {amei}
    )
    with db.reading() as session:
        merged = session.get_one(Patient, stranger)
        assert (merged.status, merged.merged_into) == ("merged", amei)
        assert session.scalars(select(Dialog)).one().ended_at is None


def test_two_open_dialogs_two_escalations_two_guardians_become_one(db, keyring, amei, stranger, code, scan):
    with db.transaction() as session:
        session.add(dialog_of(amei))
        session.add(Guardian(patient_id=stranger, relation="husband", created_at=NOW))
        session.flush()
        connection = session.connection()
        call_humans(connection, [Call(amei, Urgency.SOON, "one"), Call(stranger, Urgency.EMERGENCY, "two")], NOW)
    scan(code)
    with db.reading() as session:
        assert [dialog.script for dialog in session.scalars(select(Dialog).where(Dialog.ended_at.is_(None)))] == [
            "enrolment"
        ]
        assert len(session.scalars(select(Guardian)).all()) == 1
        escalations = {row.outcome: row for row in session.scalars(select(Escalation))}
    assert (escalations[None].urgency, escalations[None].reason, escalations[None].patient_id) == (
        "emergency",
        "two",
        amei,
    )
    assert escalations["merged"].resolved_at == NOW


def test_the_rosters_pregnancy_counts_and_a_lone_one_moves(db, keyring, amei, stranger):
    with db.transaction() as session:
        xiaolin = people.enrol(session, keyring, people.XIAOLIN, NOW)
        bare = Patient(status="registered", created_at=NOW, updated_at=NOW)
        session.add(bare)
        session.flush()
        lone = xiaolin.pregnancy.id
        merge(session.connection(), xiaolin.patient.id, bare.id, NOW)
        merge(session.connection(), bare.id, amei, NOW)
    with db.reading() as session:
        open_ones = session.scalars(select(Pregnancy).where(Pregnancy.closed_at.is_(None))).all()
        assert [pregnancy.patient_id for pregnancy in open_ones] == [amei]
        assert session.get_one(Pregnancy, lone).patient_id == bare.id
