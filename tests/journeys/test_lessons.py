"""38 weeks: what she is taught reaches her and her husband, each thing once, and she can ask for more."""

from datetime import UTC, datetime, timedelta

from dialogs.lesson import Reader
from models.follow_up import FollowUp
from models.values import Language
from tests.people import XIAOXUE

MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


async def test_lessons_reach_her_and_her_guardian_once(clinic):
    async with clinic(XIAOXUE, at=MORNING) as here:
        lessons = here.house.library.lessons
        await here.says(XIAOXUE, "待产包")
        asked = here.chat(XIAOXUE)[-1]
        assert asked == lessons["hospital_bag_few_things"].text(Language.ZH_CN)

        await here.passes(days=9, step=timedelta(hours=1))
        await here.says(XIAOXUE, "在的")

        begun = [
            script
            for row in here.rows(FollowUp, FollowUp.begun_at.is_not(None))
            for script in row.scripts
            if script in lessons
        ]
        assert len(set(begun)) == len(begun)
        to_her = {lessons[one].text(Language.ZH_CN) for one in begun if lessons[one].audience is Reader.WOMAN}
        to_him = {lessons[one].text(Language.ZH_CN) for one in begun if lessons[one].audience is Reader.GUARDIAN}
        assert to_her
        assert to_him
        assert any(lesson in text for text in here.chat(XIAOXUE) for lesson in to_her)
        sent = here.texts(XIAOXUE.guardian_phone)
        assert [sum(lesson in text for text in sent) for lesson in to_him] == [1] * len(to_him)
