"""The pregnancy is lost: everything that spoke of weeks stops in the same moment."""

from datetime import UTC, datetime, timedelta

from models.follow_up import FollowUp
from models.pregnancy import Pregnancy
from models.timer import Timer
from models.values import TimerKind
from tests.people import AMEI, XIAOLIN

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


async def test_after_a_loss_nothing_that_was_planned_reaches_her(clinic):
    async with clinic(AMEI, XIAOLIN, at=MORNING) as here:
        await here.passes(hours=6)
        planned = here.rows(FollowUp, FollowUp.patient_id == here.women[AMEI.name].patient.id)
        assert any(row.state == "planned" for row in planned)

        # The hospital records it.
        pregnancy = here.women[AMEI.name].pregnancy.id
        await here.rest("POST", f"/pregnancies/{pregnancy}/outcome", {"kind": "stillbirth", "on": "2026-03-02"})

        hers = FollowUp.patient_id == here.women[AMEI.name].patient.id
        assert not here.rows(FollowUp, hers, FollowUp.state.in_(("planned", "begun")))
        subjects = [row.id for row in here.rows(FollowUp, hers)]
        assert not here.rows(Timer, Timer.kind == TimerKind.BEGIN, Timer.subject_id.in_(subjects))
        assert here.rows(Pregnancy, Pregnancy.id == pregnancy)[0].outcome == "stillbirth"

        # Two weeks later she has read nothing about weeks or movements; the other woman goes on.
        seen = len(here.chat(AMEI))
        await here.passes(days=14, step=timedelta(hours=6))
        assert not any("孕" in text or "胎动" in text for text in here.chat(AMEI)[seen:])
        assert here.rows(FollowUp, FollowUp.patient_id == here.women[XIAOLIN.name].patient.id)

        # If she writes in need, she is heard as before.
        assert "120" in await here.says(AMEI, "流血很多，头晕站不起来")


async def test_when_she_says_it_herself_everything_stops_and_a_nurse_confirms(clinic):
    async with clinic(AMEI, at=MORNING) as here:
        await here.passes(hours=6)
        await here.says(AMEI, "流产了")
        await here.says(AMEI, "1")
        hers = FollowUp.patient_id == here.women[AMEI.name].patient.id
        assert not here.rows(FollowUp, hers, FollowUp.state == "planned")
        assert await here.queue()
