"""The nurse's verbs, on both databases."""

import itertools
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.audit import verify
from bot.care_team import Colleague, colleague, colleagues, visible_to
from bot.db import Database
from bot.desk import HELD_AT_MOST, Desk, Outcome, chase
from bot.errors import Conflict, Invalid, NotFound
from bot.escalations import Call, call_humans
from bot.worklist import Filter, pulse, queue, sheet, sheet_of, sheets
from models.conversation import OutboundMessage
from models.escalation import Escalation
from models.person import Patient
from models.pregnancy import Pregnancy
from models.record import Encounter
from models.timer import Timer
from models.values import StaffRole, TimerKind, Urgency
from tests import people
from tests.conftest import NOW
from tests.people import AMEI, SHANGHAI, WANGFANG, XIAOLIN

MINUTE = timedelta(minutes=1)


class Ward:
    """A hospital with two nurses, a supervisor and three women, of whom some wait for a human."""

    def __init__(self, db: Database, keyring) -> None:
        self.db = db
        with db.transaction() as session:
            here = people.hospital(session, NOW)
            elsewhere = people.hospital(session, NOW, code="far-away")
            self.li = self._colleague(session, people.nurse(session, NOW, here))
            self.zhou = self._colleague(session, people.nurse(session, NOW, here, "周护士"))
            self.far = self._colleague(session, people.nurse(session, NOW, elsewhere, "吴护士"))
            self.zhao = self._colleague(session, people.nurse(session, NOW, here, "赵主任", StaffRole.SUPERVISOR))
            self.women = {
                story.name: people.enrol(session, keyring, story, NOW, facility=here).patient.id
                for story in (XIAOLIN, AMEI, WANGFANG)
            }

    def _colleague(self, session, member) -> Colleague:
        return colleague(session, member.id)

    def calls(self, name: str, urgency: Urgency, reason: str = "胎动减少", now=NOW) -> UUID:
        with self.db.connection() as connection:
            call_humans(connection, [Call(self.women[name], urgency, reason, [{"rule": "M12a"}])], now)
        with self.db.reading() as session:
            return sheet_of(session, self.women[name]).id

    def at_desk(self, who: Colleague, do, now=NOW):
        with self.db.transaction() as session:
            return do(Desk(session, who, now, SHANGHAI))

    def sheet(self, escalation: UUID):
        with self.db.reading() as session:
            return sheet(session, escalation)

    def alarm(self, escalation: UUID):
        with self.db.reading() as session:
            return session.scalar(
                select(Timer.due_at).where(Timer.subject_id == escalation, Timer.kind == TimerKind.CHASE)
            )


@pytest.fixture
def ward(db, keyring) -> Ward:
    return Ward(db, keyring)


def test_two_nurses_who_claim_at_once_cannot_both_have_her(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    start, results = threading.Barrier(2), []

    def claim(who):
        start.wait()
        try:
            ward.at_desk(who, lambda desk: desk.claim(escalation))
            results.append(who.name)
        except Conflict as error:
            results.append(str(error))

    threads = [threading.Thread(target=claim, args=(who,)) for who in (ward.li, ward.zhou)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = ward.sheet(escalation)
    assert f"escalation {escalation} is held by a colleague" in results
    assert held.assignee in results
    assert [event.kind for event in held.events] == ["opened", "claimed"]


def test_claiming_what_one_holds_changes_nothing(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    assert [event.kind for event in ward.sheet(escalation).events] == ["opened", "claimed"]


def test_a_nurse_of_another_hospital_does_not_find_her(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    with pytest.raises(NotFound):
        ward.at_desk(ward.far, lambda desk: desk.claim(escalation))


def test_a_reply_is_queued_for_wechat_in_the_nurses_name_and_said_once(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    for _ in range(2):
        ward.at_desk(ward.li, lambda desk: desk.reply(escalation, " 现在感觉怎么样？ ", key="form-1"))
    with ward.db.reading() as session:
        message = session.scalars(select(OutboundMessage)).one()
    assert (message.content, message.channel, message.purpose, message.state) == (
        "现在感觉怎么样？",
        "wechat",
        "nurse_reply",
        "queued",
    )
    assert message.staff_member_id == ward.li.id
    held = ward.sheet(escalation)
    assert (held.status, held.assignee) == ("assigned", "李护士")
    assert [event.kind for event in held.events] == ["opened", "claimed", "replied"]


def test_nobody_answers_a_woman_whom_a_colleague_holds(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    with pytest.raises(Conflict, match="held by a colleague"):
        ward.at_desk(ward.zhou, lambda desk: desk.reply(escalation, "您好"))
    with ward.db.reading() as session:
        assert session.scalars(select(OutboundMessage)).all() == []


@pytest.mark.parametrize("text", ["", "   \n", "长" * 2001])
def test_an_empty_or_endless_reply_is_refused(ward, text):
    escalation = ward.calls("小林", Urgency.URGENT)
    with pytest.raises(Invalid, match="text: "):
        ward.at_desk(ward.li, lambda desk: desk.reply(escalation, text))
    assert ward.sheet(escalation).status == "open"


def test_resolving_hands_her_back_and_stops_the_clock(ward):
    escalation = ward.calls("小林", Urgency.EMERGENCY)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    ward.at_desk(ward.li, lambda desk: desk.resolve(escalation, Outcome.SENT_TO_HOSPITAL, "已到产科急诊"))
    closed = ward.sheet(escalation)
    assert (closed.status, closed.outcome, closed.resolved_at) == ("resolved", "sent_to_hospital", NOW)
    assert closed.events[-1].detail == {"outcome": "sent_to_hospital", "note": "已到产科急诊"}
    assert ward.alarm(escalation) is None
    with ward.db.reading() as session:
        contact = session.scalars(select(Encounter)).one()
        spoken = session.scalar(select(Pregnancy.last_human_contact).where(Pregnancy.patient_id == ward.women["小林"]))
        assert verify(session, str(ward.women["小林"])) is None
    assert (contact.kind, contact.result, contact.note) == ("nurse", "answered", "已到产科急诊")
    assert spoken == NOW.astimezone(SHANGHAI).date()


@pytest.mark.parametrize(
    ("outcome", "results", "spoken"),
    [
        (Outcome.COULD_NOT_REACH, ["no_answer"], False),
        (Outcome.DUPLICATE, [], False),
        (Outcome.ADVISED, ["answered"], True),
    ],
)
def test_only_an_outcome_that_reached_her_counts_as_contact(ward, outcome, results, spoken):
    escalation = ward.calls("小林", Urgency.SOON)
    ward.at_desk(ward.li, lambda desk: desk.resolve(escalation, outcome))
    with ward.db.reading() as session:
        assert [contact.result for contact in session.scalars(select(Encounter))] == results
        day = session.scalar(select(Pregnancy.last_human_contact).where(Pregnancy.patient_id == ward.women["小林"]))
    assert (day is not None) is spoken


def test_what_is_resolved_cannot_be_claimed_and_a_new_reason_opens_a_new_one(ward):
    first = ward.calls("小林", Urgency.SOON)
    ward.at_desk(ward.li, lambda desk: desk.resolve(first, Outcome.ADVISED))
    with pytest.raises(Conflict, match="resolved already"):
        ward.at_desk(ward.li, lambda desk: desk.claim(first))
    assert ward.calls("小林", Urgency.SOON) != first


def test_a_nurse_cannot_close_what_a_colleague_holds_but_her_supervisor_can(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    with pytest.raises(Conflict):
        ward.at_desk(ward.zhou, lambda desk: desk.resolve(escalation, Outcome.ADVISED))
    ward.at_desk(ward.zhao, lambda desk: desk.resolve(escalation, Outcome.ADVISED))
    assert ward.sheet(escalation).events[-1].staff == "赵主任"


def test_handing_over_gives_her_to_a_colleague_who_may_see_her(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    with pytest.raises(Invalid, match="吴护士 has no access"):
        ward.at_desk(ward.li, lambda desk: desk.hand_over(escalation, "吴护士"))
    ward.at_desk(ward.li, lambda desk: desk.hand_over(escalation, "周护士"))
    held = ward.sheet(escalation)
    assert (held.assignee, held.events[-1].kind, held.events[-1].detail) == ("周护士", "handed_over", {"to": "周护士"})
    with pytest.raises(Conflict):
        ward.at_desk(ward.li, lambda desk: desk.release(escalation))


def test_a_released_woman_is_open_again_with_her_old_due_time(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    assert ward.alarm(escalation) == NOW + HELD_AT_MOST
    ward.at_desk(ward.li, lambda desk: desk.release(escalation), now=NOW + MINUTE)
    assert ward.sheet(escalation).status == "open"
    assert ward.alarm(escalation) == NOW + timedelta(hours=1)


def test_a_note_is_for_colleagues_and_stays_out_of_the_audit(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    ward.at_desk(ward.zhou, lambda desk: desk.note(escalation, "丈夫在外地"))
    assert ward.sheet(escalation).events[-1].detail == {"text": "丈夫在外地"}
    with ward.db.reading() as session:
        assert session.scalars(select(OutboundMessage)).all() == []


def test_an_emergency_climbs_until_it_is_resolved_even_while_somebody_holds_it(ward):
    escalation = ward.calls("小林", Urgency.EMERGENCY)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation), now=NOW + 3 * MINUTE)

    def chase_at(minute: int) -> int:
        with ward.db.connection() as connection:
            return chase(connection, NOW + minute * MINUTE, 10)

    assert [chase_at(minute) for minute in (9, 10, 15, 20, 30)] == [0, 1, 0, 1, 1]
    chased = ward.sheet(escalation)
    assert chased.tier == 2
    assert [event.detail for event in chased.events if event.kind == "overdue"] == [
        {"tier": 1},
        {"tier": 2},
        {"tier": 2},
    ]
    # Everybody has been called: it goes on for ever, but ever more slowly.
    assert ward.alarm(escalation) == NOW + 60 * MINUTE
    assert chase_at(60) == 1
    assert ward.alarm(escalation) == NOW + 120 * MINUTE


def test_an_unclaimed_urgent_one_is_told_to_the_supervisor_after_an_hour_and_the_county_after_two(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    for minute in (59, 60, 120):
        with ward.db.connection() as connection:
            chase(connection, NOW + minute * MINUTE, 10)
    assert [event.at for event in ward.sheet(escalation).events if event.kind == "overdue"] == [
        NOW + 60 * MINUTE,
        NOW + 120 * MINUTE,
    ]


def test_a_claimed_urgent_one_is_left_in_peace_for_a_day_but_not_forgotten(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    with ward.db.connection() as connection:
        assert chase(connection, NOW + timedelta(hours=23), 10) == 0
        assert chase(connection, NOW + timedelta(hours=24), 10) == 1


def test_an_alarm_of_something_resolved_is_thrown_away(ward):
    escalation = ward.calls("小林", Urgency.URGENT)
    with ward.db.transaction() as session:
        session.get(Escalation, escalation).resolved_at = NOW
    with ward.db.connection() as connection:
        assert chase(connection, NOW + timedelta(hours=2), 10) == 0
    assert ward.alarm(escalation) is None


def test_the_queue_stands_by_urgency_and_then_by_due_time(ward):
    ward.calls("王芳", Urgency.SOON)
    ward.calls("阿美", Urgency.URGENT, now=NOW - 5 * MINUTE)
    ward.calls("小林", Urgency.EMERGENCY)
    with ward.db.reading() as session:
        seen = queue(session, ward.li, Filter(), NOW, SHANGHAI)
        urgent = queue(session, ward.li, Filter(urgency=Urgency.URGENT), NOW, SHANGHAI)
        assert queue(session, ward.far, Filter(), NOW, SHANGHAI).rows == []
    assert [row.name for row in seen.rows] == ["小林", "阿美", "王芳"]
    assert [str(row.stage.gestational_age or row.stage.postpartum_day) for row in seen.rows] == ["32+0", "30+0", "3"]
    assert seen.by_urgency == {
        Urgency.EMERGENCY: 1,
        Urgency.URGENT: 1,
        Urgency.SOON: 1,
        Urgency.SELF_CARE: 0,
    }
    assert ([row.name for row in urgent.rows], urgent.total) == (["阿美"], 3)


def test_the_queue_can_be_cut_down_to_what_is_mine_or_what_nobody_has(ward):
    mine, free = ward.calls("小林", Urgency.URGENT), ward.calls("阿美", Urgency.URGENT)
    ward.at_desk(ward.li, lambda desk: desk.claim(mine))
    with ward.db.reading() as session:
        assert [row.id for row in queue(session, ward.li, Filter(mine=True), NOW, SHANGHAI).rows] == [mine]
        assert [row.id for row in queue(session, ward.li, Filter(unclaimed=True), NOW, SHANGHAI).rows] == [free]
        assert queue(session, ward.li, Filter(overdue=True), NOW + 60 * MINUTE, SHANGHAI).rows == []
        assert len(queue(session, ward.li, Filter(overdue=True), NOW + 61 * MINUTE, SHANGHAI).rows) == 2


def test_the_pulse_changes_with_every_change_of_the_queue(ward):
    def beat() -> str:
        with ward.db.reading() as session:
            return pulse(session)

    beats = [beat()]
    escalation = ward.calls("小林", Urgency.SOON)
    beats.append(beat())
    ward.calls("小林", Urgency.URGENT)
    beats.append(beat())
    ward.at_desk(ward.li, lambda desk: desk.claim(escalation))
    beats.append(beat())
    ward.at_desk(ward.li, lambda desk: desk.resolve(escalation, Outcome.ADVISED))
    beats.append(beat())
    ward.calls("阿美", Urgency.SOON, now=NOW + MINUTE)
    beats.append(beat())
    assert len(set(beats)) == len(beats) - 1  # empty before and empty after: the same
    assert all(one != following for one, following in itertools.pairwise(beats))


def test_escalations_are_paged_in_the_order_of_their_opening(ward):
    opened = [ward.calls(name, Urgency.SOON) for name in ("小林", "阿美", "王芳")]
    with ward.db.reading() as session:
        first = sheets(session, statuses=["open"], limit=2)
        rest = sheets(session, statuses=["open"], after=first[-1].id, limit=2)
    assert [one.id for one in first + rest] == sorted(opened)  # ids of one millisecond stand in any order


def test_a_woman_whom_no_facility_has_is_seen_by_every_nurse(ward):
    with ward.db.transaction() as session:
        session.get(Patient, ward.women["小林"]).facility_id = None
    with ward.db.reading() as session:
        names = session.scalars(select(Patient.name).where(visible_to(ward.far))).all()
    assert names == ["小林"]


def test_a_nurse_hands_over_within_her_hospital_or_to_the_county(ward):
    with ward.db.transaction() as session:
        people.nurse(session, NOW, None, "县里的孙主任", StaffRole.COUNTY)
    with ward.db.reading() as session:
        assert {one.name for one in colleagues(session, ward.li)} == {"周护士", "赵主任", "县里的孙主任"}
