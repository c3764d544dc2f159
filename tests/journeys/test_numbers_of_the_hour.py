"""The same words at three at night and at ten in the morning: every number that she reads is answered at that hour."""

from datetime import UTC, datetime

from tests.people import AMEI, XIAOLIN

THREE_AT_NIGHT = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
EMERGENCY, DUTY, HELPLINE = "010-00000002", "010-00000001", "12356"


async def test_at_night_she_gets_the_line_that_is_answered_day_and_night(clinic):
    async with clinic(XIAOLIN, at=THREE_AT_NIGHT) as here:
        answer = await here.says(XIAOLIN, "宝宝今天不动了")
        now, number, *_ = answer.splitlines()
        assert "县妇幼保健院" in now
        assert number.endswith(EMERGENCY)
        assert DUTY not in answer

        # She sets out, and is understood.
        assert "120" in await here.says(XIAOLIN, "已出发")
        assert len(await here.queue()) == 1


async def test_who_wants_to_die_is_offered_the_helpline_only_while_it_is_answered(clinic):
    async with clinic(XIAOLIN, AMEI, at=THREE_AT_NIGHT) as here:
        answer = await here.says(XIAOLIN, "不想活了，药都买好了")
        assert answer.startswith("请马上拨打120")
        assert "孕32周+0" in answer.splitlines()[0]
        assert HELPLINE not in answer
        assert here.texts(XIAOLIN.guardian_phone) == []

        await here.until(hour=10)
        answer = await here.says(AMEI, "不想活了，药都买好了")
        assert answer.startswith("请马上拨打120")
        assert HELPLINE in answer


async def test_who_is_beaten_can_write_to_the_police_of_her_area(clinic):
    async with clinic(XIAOLIN, at=THREE_AT_NIGHT) as here:
        assert "12110000" in (await here.says(XIAOLIN, "他在打我，救命")).splitlines()[0]
