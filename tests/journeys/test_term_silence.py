"""38 weeks and no answer: asked again, her husband told, then a nurse phones. By day only, and never twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from models.conversation import OutboundMessage
from models.follow_up import FollowUp
from models.record import Encounter
from tests.people import XIAOXUE

MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


async def test_silence_climbs_until_somebody_phones(clinic):
    async with clinic(XIAOXUE, at=MORNING) as here:
        # Days pass until the first check-in is asked.
        for _ in range(10):
            await here.passes(hours=12, step=timedelta(hours=1))
            asked = here.rows(
                FollowUp, FollowUp.kind == "check_in", FollowUp.state != "planned", FollowUp.state != "cancelled"
            )
            if asked:
                break
        assert asked
        await here.passes(days=2, step=timedelta(hours=1))

        # Her husband, who agreed, has been told once and neutrally.
        told = here.texts(XIAOXUE.guardian_phone)
        assert told
        assert len(set(told)) == len(told)
        assert not any(word in text for text in told for word in ("孕周", "怀孕", "37", "橙", "感染"))

        # The nurse has her in the queue, because 24 hours have passed.
        calls = await here.queue()
        assert [call["urgency"] for call in calls] == ["soon"]
        assert any(row.state == "missed" for row in here.rows(FollowUp, FollowUp.kind == "check_in"))
        assert here.rows(Encounter, Encounter.result == "no_answer")

        # Nothing routine was sent at night.
        for message in here.rows(OutboundMessage, OutboundMessage.sent_at.is_not(None)):
            hour = message.sent_at.astimezone(ZoneInfo("Asia/Shanghai")).hour
            assert 8 <= hour < 21


async def test_her_answer_stops_the_climb(clinic):
    async with clinic(XIAOXUE, at=MORNING) as here:
        for _ in range(10):
            await here.passes(hours=12, step=timedelta(hours=1))
            if here.rows(FollowUp, FollowUp.kind == "check_in", FollowUp.state == "begun"):
                break
        await here.says(XIAOXUE, "在的")
        for _ in range(15):
            if not here.rows(FollowUp, FollowUp.state == "begun"):
                break
            last = here.chat(XIAOXUE)[-1]
            await here.says(XIAOXUE, "都没有" if "都没有" in last else "没有" if "没有" in last else "1")
        before = len(here.texts(XIAOXUE.guardian_phone))
        await here.passes(days=1, step=timedelta(hours=1))
        assert len(here.texts(XIAOXUE.guardian_phone)) == before
