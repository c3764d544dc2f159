"""A woman of the roster scans her code, agrees step by step, and gets her emergency numbers with proof of delivery."""

from datetime import UTC, datetime, timedelta

from bot.invitations import invite
from models.conversation import OutboundMessage
from models.follow_up import FollowUp
from models.person import Consent, ContactPoint, Guardian, Patient
from tests.people import XIAOLIN

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NEW = {
    "external_id": "his-4711",
    "name": "小梅",
    "phone": "139 0000 0077",
    "language": "zh",
    "facility": "county-mch",
    "responsible_nurse": "李护士",
    "pregnancy": {"edd": "2026-05-11", "risk_colour": "yellow", "infectious": False, "conditions": []},
}


async def test_from_the_roster_to_the_first_lesson(clinic):
    async with clinic(at=MORNING) as here:
        made = await here.rest("POST", "/patients", NEW)
        again = await here.rest("POST", "/patients", NEW)
        assert again["id"] == made["id"]

        # The nurse shows her a code; she scans it and begins to follow the account.
        with here.house.db.transaction() as session:
            code = invite(session.connection(), here.house.keyring, here.rows(Patient)[0].id, here.clock.now())
        here.wechat.add_follower("openid-new").following = False
        greeting = await here.wechat.follow("openid-new", scene=code)
        assert "小梅" in greeting
        assert "愿意" in greeting

        async def she(text: str) -> str:
            return await here.wechat.user_says("openid-new", text)

        # The first message after consent: whom to call, whatever becomes of the questions behind it.
        first = await she("愿意")
        assert "120" in first
        assert "010-00000002" in first
        assert "健康情况" in first
        assert "家人" in await she("同意")
        assert "手机号" in await she("可以，告诉丈夫")
        assert "短信" in await she("138 0000 0077")
        await she("可以")
        sent = here.rows(OutboundMessage, OutboundMessage.purpose == "emergency_contacts")
        assert sent

        # Each consent is its own line, and the guardian stands ready.
        given = {row.kind: row.granted for row in here.rows(Consent)}
        assert given == {"service": True, "health_data": True, "guardian": True, "sms": True}
        assert [row.relation for row in here.rows(Guardian)] == ["husband"]
        assert len(here.rows(ContactPoint, ContactPoint.guardian_id.is_not(None))) == 1

        # Nobody else can use the code, and the woman is one and the same.
        here.wechat.add_follower(XIAOLIN.openid)
        await here.wechat.scan(XIAOLIN.openid, code)
        bound = here.rows(
            ContactPoint, ContactPoint.channel == "wechat", ContactPoint.patient_id == here.rows(Patient)[0].id
        )
        assert len(bound) == 1

        # The next morning the first lesson is there.
        await here.passes(days=1, hours=4, step=timedelta(hours=1))
        assert any("lesson_one" in row.scripts for row in here.rows(FollowUp))


async def test_refusing_costs_nothing_and_is_respected(clinic):
    async with clinic(at=MORNING) as here:
        await here.rest("POST", "/patients", NEW)
        with here.house.db.transaction() as session:
            code = invite(session.connection(), here.house.keyring, here.rows(Patient)[0].id, here.clock.now())
        here.wechat.person("openid-new")
        await here.wechat.follow("openid-new", scene=code)
        answer = await here.wechat.user_says("openid-new", "不参加")
        assert "120" in answer
        seen = len(here.wechat.person("openid-new").chat)
        await here.passes(days=3, step=timedelta(hours=6))
        assert len(here.wechat.person("openid-new").chat) == seen


async def test_a_woman_nobody_knows_is_heard_and_a_nurse_confirms_her(clinic):
    async with clinic(at=MORNING) as here:
        await here.wechat.follow("openid-stranger")
        for text in ("愿意", "18岁或以上", "同意", "小兰", "13900000088", "2026年6月1日", "不用", "不用"):
            await here.wechat.user_says("openid-stranger", text)
        [stranger] = here.rows(Patient, Patient.status == "unconfirmed")
        assert stranger.name == "小兰"
        [call] = await here.queue()
        assert call["patient_id"] == str(stranger.id)
        assert call["urgency"] == "soon"
