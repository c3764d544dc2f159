"""03:00, nobody awake: she bleeds. Numbers in the reply, the guardian told, the queue climbs until somebody acts."""

from datetime import UTC, datetime, timedelta

from models.escalation import EscalationEvent
from models.follow_up import FollowUp
from models.record import Encounter
from tests.people import XIAOLIN

THREE_AT_NIGHT = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
"""In Shanghai the 3rd of March, 03:00."""


async def test_a_danger_sign_at_three_in_the_morning(clinic):
    async with clinic(XIAOLIN, at=THREE_AT_NIGHT) as here:
        # She writes badly and gets what she needs in the very reply, before any question.
        answer = await here.wechat.user_says(XIAOLIN.openid, "流血了 好多 止不住 怎么办😭")
        assert answer.index("120") < 60
        assert "010-00000002" in answer, "the hospital's emergency number belongs into the reply"

        # Her husband, who agreed to be told, gets one SMS that names no illness, at night too.
        await here.passes(minutes=1)
        [alert] = here.texts(XIAOLIN.guardian_phone)
        assert "120" in alert
        assert not any(word in alert for word in ("血", "感染", "橙", "红"))

        # A nurse sees her first, with the words she wrote.
        [call] = await here.queue()
        assert call["urgency"] == "emergency"
        due = datetime.fromisoformat(call["due_at"])
        assert due - datetime.fromisoformat(call["opened_at"]) == timedelta(minutes=10)

        # Nobody takes it: it is not forgotten but climbs.
        await here.passes(minutes=25, step=timedelta(minutes=5))
        kinds = [event.kind for event in here.rows(EscalationEvent)]
        assert kinds.count("overdue") >= 2

        # She is asked again after a quarter of an hour although it is night.
        assert any(
            row.state in {"begun", "answered", "missed"} for row in here.rows(FollowUp, FollowUp.kind != "check_in")
        )

        # A nurse takes it, answers in WeChat, and closes it with what was done.
        path = f"/escalations/{call['id']}"
        await here.rest("POST", f"{path}/assignment", {"staff": "李护士"})
        await here.rest("POST", f"{path}/replies", {"staff": "李护士", "text": "救护车已经在路上，请躺好不要走动。"})
        await here.passes(minutes=1)
        assert "救护车已经在路上，请躺好不要走动。" in here.chat(XIAOLIN)

        # While she talks with the nurse the bot is silent, but a new danger sign is still heard.
        assert await here.says(XIAOLIN, "好的谢谢") == ""
        assert "120" in await here.says(XIAOLIN, "我喘不上气")

        await here.rest("POST", f"{path}/resolution", {"staff": "李护士", "outcome": "ambulance", "note": "已转送"})
        assert await here.queue() == []
        [contact] = here.rows(Encounter, Encounter.staff_member_id.is_not(None))
        assert contact.patient_id == here.women[XIAOLIN.name].patient.id
