"""An orange woman is asked, answers in her own way, and what she says reaches her record and the nurse."""

from datetime import UTC, datetime, timedelta

from models.escalation import Escalation
from models.follow_up import FollowUp
from models.record import Encounter, Observation
from tests.people import AMEI

MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


async def test_she_reads_the_question_she_was_told_of_and_answers_it(clinic):
    async with clinic(AMEI, at=MORNING) as here:
        await here.passes(days=1, hours=4, step=timedelta(hours=1))

        # Nothing free may be pushed: a neutral notice says only that something waits.
        [notice] = here.chat(AMEI)
        assert "随访" in notice
        assert not any(word in notice for word in ("橙", "高血压", "血压"))

        # Whatever she writes brings the question; it is not taken for its answer.
        question = await here.says(AMEI, "收到")
        assert "1 有" in question
        assert "第一课" in question

        # She answers by number, by word, with a reading as people type it.
        talk = [await here.says(AMEI, "都没有")]
        for _ in range(12):
            if not here.rows(FollowUp, FollowUp.state == "begun"):
                break
            last = talk[-1]
            reading = "一百一十八七十六" if "血压" in last and "120/80" in last else "没有" if "没有" in last else "1"
            talk.append(await here.says(AMEI, reading))

        codes = {row.code for row in here.rows(Observation)}
        assert {"danger_signs", "blood_pressure", "pressure_signs"} <= codes

        # The contact counts as answered, and the woman's record shows it.
        assert here.rows(FollowUp, FollowUp.state == "answered")
        assert here.rows(Encounter, Encounter.result == "answered")


async def test_a_high_reading_typed_as_people_type_is_understood_and_brings_a_nurse(clinic):
    async with clinic(AMEI, at=MORNING) as here:
        answer = await here.says(AMEI, "今天血压一百六十五，一百一十二，头也痛得厉害")
        assert "120" in answer or "急诊" in answer
        [call] = here.rows(Escalation)
        assert call.urgency in {"emergency", "urgent"}
        shown = [finding["evidence"] for finding in call.evidence]
        assert any("一百六十五" in text for text in shown)


async def test_a_device_reading_is_judged_like_a_typed_one(clinic):
    async with clinic(AMEI, at=MORNING) as here:
        reading = {
            "patient_id": str(here.women[AMEI.name].patient.id),
            "code": "blood_pressure",
            "value": {"systolic": 168, "diastolic": 112},
            "unit": "mmHg",
            "at": "2026-03-02T08:00:00+08:00",
            "device": "cuff-1",
        }
        await here.rest("POST", "/observations", reading)
        await here.rest("POST", "/observations", reading)
        assert len(here.rows(Observation)) == 1
        assert [call["urgency"] in {"emergency", "urgent"} for call in await here.queue()] == [True]
