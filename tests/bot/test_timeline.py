"""A woman's history, in order, in pages, forwards and backwards, on both databases."""

from datetime import timedelta

import pytest

from bot.care_team import colleague
from bot.desk import Desk, Outcome
from bot.errors import Invalid
from bot.escalations import Call, call_humans
from bot.timeline import Cursor, timeline
from bot.worklist import sheet_of
from models.conversation import InboundMessage
from models.pregnancy import RiskAssessment
from models.record import Observation
from models.values import Urgency
from tests import people
from tests.conftest import NOW
from tests.people import AMEI, SHANGHAI, XIAOLIN

MINUTE = timedelta(minutes=1)


@pytest.fixture
def woman(db, keyring):
    """小林 on a busy morning: five things, two of them in the same second. 阿美's day is not hers."""
    with db.transaction() as session:
        li = people.nurse(session, NOW)
        xiaolin = people.enrol(session, keyring, XIAOLIN, NOW, nurse=li)
        amei = people.enrol(session, keyring, AMEI, NOW)
        for who, at in ((xiaolin, NOW), (amei, NOW), (xiaolin, NOW + 2 * MINUTE)):
            session.add(
                InboundMessage(
                    channel="wechat",
                    external_id=f"{who.patient.id}{at}",
                    patient_id=who.patient.id,
                    kind="text",
                    content={"text": "您好"},
                    received_at=at,
                )
            )
        session.add(
            Observation(patient_id=xiaolin.patient.id, code="temperature", value=36.6, observed_at=NOW, recorded_at=NOW)
        )
        session.add(
            RiskAssessment(
                pregnancy_id=xiaolin.pregnancy.id,
                risk_colour="yellow",
                infectious=True,
                assessed_on=NOW.date(),
                source="roster",
                recorded_at=NOW + MINUTE,
            )
        )
        patient, nurse = xiaolin.patient.id, li.id
    with db.connection() as connection:
        call_humans(connection, [Call(patient, Urgency.SOON, "没看懂")], NOW + 3 * MINUTE)
    with db.transaction() as session:
        desk = Desk(session, colleague(session, nurse), NOW + 4 * MINUTE, SHANGHAI)
        desk.resolve(sheet_of(session, patient).id, Outcome.CALLED_NO_PROBLEM, "没事")
    return patient


def read(db, woman, **how):
    with db.reading() as session:
        return timeline(session, woman, **how)


def test_everything_of_hers_stands_in_order_and_nothing_of_others(db, woman):
    entries, following = read(db, woman, limit=20)
    kinds = [entry.kind for entry in entries]
    assert sorted(kinds[:2]) == ["message_in", "observation"]
    assert kinds[2:5] == ["risk_assessment", "message_in", "escalation_event"]
    assert sorted(kinds[5:]) == ["encounter", "escalation_event"]
    assert following is None


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_join_without_gap_or_repetition(db, woman, limit, newest_first):
    whole, _ = read(db, woman, limit=20, newest_first=newest_first)
    joined, after = [], None
    while True:
        page, after = read(db, woman, limit=limit, after=after, newest_first=newest_first)
        joined += page
        if after is None:
            break
        after = Cursor.read(str(after))  # a cursor travels as text
    assert [entry.id for entry in joined] == [entry.id for entry in whole]


def test_backwards_is_forwards_turned_round(db, woman):
    forwards, _ = read(db, woman, limit=20)
    backwards, _ = read(db, woman, limit=20, newest_first=True)
    assert [entry.id for entry in backwards] == [entry.id for entry in forwards][::-1]


COUGH, DIZZY = (
    {"rule": rule, "sign": sign, "level": "soon", "status": "current", "evidence": words, "start": start, "end": end}
    for rule, sign, words, start, end in (("M30", "infection", "咳嗽", 0, 2), ("M8z", "dizzy", "头晕", 3, 5))
)


@pytest.fixture
def coughing(db, woman):
    """小林 coughs and is dizzy: a nurse is called, and her message has two findings."""
    with db.transaction() as session:
        session.add(
            InboundMessage(
                channel="wechat",
                external_id="m:1",
                patient_id=woman,
                kind="text",
                content={"text": "咳嗽，头晕"},
                findings={"findings": [COUGH, DIZZY], "told": []},
                received_at=NOW,
            )
        )
    with db.connection() as connection:
        call_humans(connection, [Call(woman, Urgency.SOON, "危险信号", [COUGH, DIZZY])], NOW)
    return woman


def test_a_message_carries_what_was_read_in_it(db, coughing):
    entries, _ = read(db, coughing, limit=20, kinds=frozenset({"message_in"}))
    read_in = {entry.data["content"]["text"]: entry.data["findings"] for entry in entries}
    assert read_in == {"您好": [], "咳嗽，头晕": [COUGH, DIZZY]}


def test_infection_can_be_left_out(db, woman):
    entries, _ = read(db, woman, limit=20, kinds=frozenset({"risk_assessment"}), show_infection=False)
    assert [entry.data["risk_colour"] for entry in entries] == ["yellow"]
    assert "infectious" not in entries[0].data


def test_with_the_infection_goes_whatever_was_read_of_it(db, coughing):
    entries, _ = read(db, coughing, limit=20, show_infection=False)
    (words,) = [entry.data for entry in entries if entry.data.get("content") == {"text": "咳嗽，头晕"}]
    assert words["findings"] == [DIZZY]
    evidence = [entry.data["detail"].get("evidence", []) for entry in entries if entry.kind == "escalation_event"]
    assert [DIZZY] in evidence
    assert all(COUGH not in items for items in evidence)


@pytest.mark.parametrize("text", ["", "x", "20260302T020000.000000+0000_", "_00", "20260302_zz"])
def test_a_cursor_that_is_not_ours_is_refused(text):
    with pytest.raises(Invalid, match="cursor: not one of ours"):
        Cursor.read(text)
