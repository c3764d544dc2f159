"""One dialog from question to question; the state goes through JSON between all turns."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dialogs import effects as want
from dialogs import engine
from dialogs.library import Library, UnknownScriptError
from dialogs.snapshot import Heard, HeardKind, Snapshot
from dialogs.triage.finding import Context
from models.values import ConsentKind, GestationalAge, Language, OutcomeKind, RiskColour, Urgency

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
XIAOLIN = Snapshot(facts={"name": "小林"}, context=Context(gestational_age=GestationalAge.of(32)))


class Dialog:
    """A script being talked to, as the shell does it: each turn starts from stored JSON."""

    def __init__(self, library: Library, script: str, snapshot: Snapshot = XIAOLIN) -> None:
        self.library = library
        self.snapshot = snapshot
        self.turn = self.after(engine.begin(library, script, snapshot, NOW))

    def after(self, turn):
        self.turn = turn
        state = None if turn.state is None else json.loads(json.dumps(turn.state))
        self.snapshot = replace(self.snapshot, session=state)
        return turn

    def hears(self, text="", kind=HeardKind.TEXT, media=None):
        return self.after(engine.reply(self.library, self.snapshot, Heard(kind, text, media=media), NOW))

    def waits_in_vain(self):
        return self.after(engine.timeout(self.library, self.snapshot, NOW))

    @property
    def texts(self):
        return [effect.text for effect in self.turn.effects if isinstance(effect, want.Say)]

    def effect(self, kind):
        (found,) = [effect for effect in self.turn.effects if isinstance(effect, kind)]
        return found


class TestAQuestion:
    def test_is_asked_with_its_choices_as_numbered_lines(self, house):
        assert Dialog(house, "visit").texts == ["小林您好，今天怎么样？\n1 挺好\n2 出血了\n3 肚子很痛\n4 想说说"]

    def test_names_nobody_when_the_name_is_unknown(self, house):
        (text,) = Dialog(house, "visit", Snapshot()).texts
        assert text.startswith("您好")

    def test_records_what_the_choice_says_with_her_own_words(self, house):
        dialog = Dialog(house, "visit")
        dialog.hears("不错")
        assert dialog.effect(want.Record) == want.Record("mood", "good", said="不错")

    def test_waits_for_an_answer(self, house):
        assert Dialog(house, "visit").turn.waits

    def test_is_repeated_twice_and_then_a_human_takes_over(self, house):
        dialog = Dialog(house, "visit")
        assert not dialog.hears("天晴").understood
        assert dialog.texts == ["请再说一次。"]
        dialog.hears("天阴")
        assert dialog.texts[0] == "请再说一次。"
        assert dialog.texts[1].endswith("4 想说说")
        assert dialog.turn.waits
        dialog.hears("下雨")
        assert dialog.effect(want.Escalate).urgency is Urgency.SOON
        assert dialog.effect(want.Finish) == want.Finish("visit", "unclear")
        assert dialog.turn.state is None

    def test_forgets_its_misses_once_it_is_answered(self, house):
        dialog = Dialog(house, "visit")
        for text in ("天晴", "天阴", "挺好", "不清楚", "说不准"):
            dialog.hears(text)
        assert dialog.turn.waits


class TestACalledScript:
    def test_speaks_and_then_the_first_goes_on(self, house):
        dialog = Dialog(house, "visit")
        dialog.hears("1")
        assert dialog.texts == ["请打120。", "请发血压。\n也可以回复：没量"]

    def test_finishes_in_the_name_of_the_first(self, house):
        dialog = Dialog(house, "visit")
        for text in ("1", "120/80", "没有"):
            dialog.hears(text)
        assert dialog.effect(want.Finish).script == "visit"
        assert dialog.effect(want.Finish).answers["blood_pressure"] == {"systolic": 120, "diastolic": 80}


class TestAReading:
    def pressure(self, house, text):
        dialog = Dialog(house, "visit")
        dialog.hears("1")
        dialog.hears(text)
        return dialog

    def test_is_recorded_with_its_unit(self, house):
        record = self.pressure(house, "120/80").effect(want.Record)
        assert record == want.Record("blood_pressure", {"systolic": 120, "diastolic": 80}, "mmHg", "120/80")

    def test_that_is_fine_brings_the_next_question(self, house):
        assert self.pressure(house, "118/76").texts == ["有流水吗？\n1 有\n2 没有"]

    def test_that_is_dangerous_brings_the_safety_line_and_a_nurse_before_anything_else(self, house):
        dialog = self.pressure(house, "172/115")
        assert dialog.turn.effects[1].purpose is want.Purpose.SAFETY
        assert dialog.effect(want.Escalate).urgency.at_least(Urgency.URGENT)
        assert dialog.effect(want.Escalate).findings[0].evidence == "血压 172/115 mmHg"
        assert not any("有流水吗" in text for text in dialog.texts)

    def test_that_is_dangerous_holds_the_dialog_until_she_goes_on(self, house):
        dialog = self.pressure(house, "172/115")
        dialog.after(engine.ask_again(house, dialog.snapshot, NOW))
        assert dialog.texts == ["有流水吗？\n1 有\n2 没有"]

    def test_may_be_declined_by_a_word_but_not_by_a_number(self, house):
        assert self.pressure(house, "没有血压计").texts == ["有流水吗？\n1 有\n2 没有"]
        assert not self.pressure(house, "1").turn.understood


class TestABranch:
    @pytest.mark.parametrize(
        ("snapshot", "heard"),
        [
            (Snapshot(context=Context(gestational_age=GestationalAge.of(38))), "谢谢，血压没量，护士会看。"),
            (Snapshot(context=Context(gestational_age=GestationalAge.of(36, 6))), "谢谢，血压没量，护士会看。"),
            (Snapshot(context=Context(conditions=frozenset({"twins"}))), "请说。"),
            (Snapshot(facts={"nurse_phone": "0439-0000001"}), "请拨打120，再打120。"),
            (Snapshot(facts={"nurse_phone": ""}), "谢谢，血压没量，护士会看。"),
            (Snapshot(), "谢谢，血压没量，护士会看。"),
        ],
    )
    def test_goes_by_weeks_conditions_and_known_facts(self, house, snapshot, heard):
        dialog = Dialog(house, "visit", snapshot)
        for text in ("1", "没量", "没有"):
            dialog.hears(text)
        assert dialog.texts == [heard]

    def test_sums_answers(self, house):
        dialog = Dialog(house, "visit", Snapshot(context=Context(gestational_age=GestationalAge.of(38))))
        for text in ("1", "没量", "没有"):
            dialog.hears(text)
        assert want.Record("total", 3) in dialog.turn.effects


class TestAnEscalation:
    def test_of_an_emergency_is_followed_by_guardian_and_check_ins(self, house):
        dialog = Dialog(house, "visit")
        dialog.hears("3")
        escalations = [e for e in dialog.turn.effects if isinstance(e, want.Escalate)]
        assert escalations[0] == want.Escalate(Urgency.EMERGENCY, "肚子很痛")
        assert dialog.effect(want.TellGuardian).urgency is Urgency.EMERGENCY
        later = [e for e in dialog.turn.effects if isinstance(e, want.BeginLater)]
        assert [e.after for e in later] == [timedelta(minutes=15), timedelta(hours=2), timedelta(hours=24)]

    def test_in_a_check_in_brings_no_further_check_ins(self, house):
        dialog = Dialog(house, "how_now")
        dialog.hears("没到")
        assert dialog.effect(want.Escalate).urgency is Urgency.URGENT
        assert not any(isinstance(e, want.BeginLater) for e in dialog.turn.effects)

    def test_that_can_wait_disturbs_no_guardian(self, house):
        dialog = Dialog(house, "visit")
        dialog.waits_in_vain()
        assert not any(isinstance(e, want.TellGuardian | want.BeginLater) for e in dialog.turn.effects)


class TestAnAnswerThatNeverComes:
    def test_goes_the_way_of_the_script(self, house):
        dialog = Dialog(house, "visit")
        dialog.waits_in_vain()
        assert dialog.effect(want.Escalate).reason == "家访没有回答"

    def test_goes_the_way_of_the_question_first(self, house):
        dialog = Dialog(house, "visit")
        for text in ("1", "没量"):
            dialog.hears(text)
        dialog.waits_in_vain()
        assert dialog.texts == ["下次再说。"]

    def test_ends_the_dialog_where_no_way_is_given(self, house):
        dialog = Dialog(house, "hello")
        dialog.waits_in_vain()
        assert dialog.turn.effects == (want.Finish("hello", "unanswered"),)

    def test_is_waited_for_as_long_as_the_script_says(self, house):
        assert engine.wait(house, Dialog(house, "visit").snapshot.session) == timedelta(hours=12)

    def test_without_a_dialog_is_nothing(self, house):
        assert engine.timeout(house, Snapshot(), NOW).effects == ()


class TestEnrolment:
    ANSWERS = ("中文", "小林", "139 0000 0001", "2027年1月18号", "13900000002", "同意", "没生", "120斤", "36度8", "4")

    def test_gives_each_effect_its_answers(self, house):
        dialog = Dialog(house, "hello", Snapshot())
        effects = [effect for text in self.ANSWERS for effect in dialog.hears(text).effects]
        assert want.Identify("小林", "+8613900000001", date(2027, 1, 18)) in effects
        assert want.NameGuardian(None, None, "+8613900000002") in effects
        assert want.GiveConsent(ConsentKind.SERVICE, granted=True, wording_version=3) in effects
        assert want.Record("weight", 60, "kg", "120斤") in effects
        assert want.Record("temperature", 36.8, "°C", "36度8") in effects
        assert want.Record("mood_scale", 4, None, "4") in effects

    def test_takes_a_picture_and_says_the_name_she_gave(self, house):
        dialog = Dialog(house, "hello", Snapshot())
        for text in self.ANSWERS:
            dialog.hears(text)
        dialog.hears(kind=HeardKind.IMAGE, media="media-7")
        assert want.Record("picture", "media-7") in dialog.turn.effects
        assert dialog.effect(want.Escalate).reason == "体重60"
        assert dialog.texts == ["再见，小林。"]

    def test_never_records_a_name_or_a_number_as_an_observation(self, house):
        dialog = Dialog(house, "hello", Snapshot())
        effects = [effect for text in self.ANSWERS[:6] for effect in dialog.hears(text).effects]
        assert not any(isinstance(effect, want.Record) for effect in effects)

    def test_goes_on_in_the_language_she_chose(self, house):
        dialog = Dialog(house, "hello", Snapshot())
        dialog.hears("英文")
        assert dialog.effect(want.SetLanguage).language is Language.EN
        assert dialog.texts == ["Your name?"]

    def test_reports_a_birth_on_its_day_and_begins_what_comes_later(self, house):
        dialog = Dialog(house, "hello", Snapshot())
        for text in (*self.ANSWERS[:6], "昨天"):
            dialog.hears(text)
        assert dialog.effect(want.ReportOutcome) == want.ReportOutcome(OutcomeKind.LIVE_BIRTH, date(2026, 11, 22))
        assert dialog.effect(want.BeginLater) == want.BeginLater("how_now", timedelta(days=3))

    def test_refusing_ends_at_once(self, house):
        dialog = Dialog(house, "hello", Snapshot())
        for text in (*self.ANSWERS[:5], "不同意"):
            dialog.hears(text)
        assert dialog.effect(want.GiveConsent).granted is False
        assert dialog.turn.state is None

    def test_counts_days_where_she_lives(self, house):
        """Half past midnight in China is still yesterday in Greenwich."""
        dialog = Dialog(house, "hello", Snapshot())
        for text in self.ANSWERS[:6]:
            dialog.hears(text)
        after_midnight = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
        turn = engine.reply(house, dialog.snapshot, Heard(HeardKind.TEXT, "今天"), after_midnight)
        assert want.ReportOutcome(OutcomeKind.LIVE_BIRTH, date(2026, 11, 23)) in turn.effects


class TestAVersion:
    def test_keeps_running_after_a_new_one_is_released(self, house):
        old = house.script("visit").model_dump(mode="json", by_alias=True) | {"version": 1, "unclear": "旧的说法。"}
        library = Library.load(*shelf(), earlier=[old], menu=shelf()[0] / "menu.yaml")
        dialog = Dialog(library, "visit")
        dialog.snapshot = replace(dialog.snapshot, session={**dialog.snapshot.session, "version": 1})
        dialog.hears("天晴")
        assert dialog.texts == ["旧的说法。"]

    def test_survives_json(self, house):
        old = json.loads(json.dumps(house.script("hello").model_dump(mode="json", by_alias=True)))
        library = Library.load(*shelf(), earlier=[old | {"version": 2}], menu=shelf()[0] / "menu.yaml")
        assert library.script("hello", 2).steps == house.script("hello").steps

    @pytest.mark.parametrize(
        "broken",
        [
            {"script": "gone"},
            {"version": 99},
            {"step": "gone"},
            {"step": "thanks"},
            {"answers": 3},
            {"clarifying": {"level": "x"}},
        ],
    )
    def test_that_vanished_ends_politely_and_a_nurse_is_told(self, house, broken):
        dialog = Dialog(house, "visit")
        dialog.snapshot = replace(dialog.snapshot, session={**dialog.snapshot.session, **broken})
        dialog.hears("1")
        assert dialog.turn.state is None
        assert len(dialog.texts) == 1
        assert dialog.effect(want.Escalate).urgency is Urgency.SOON
        assert dialog.effect(want.Finish).how == "vanished"

    def test_whose_caller_vanished_ends_politely_too(self, house):
        dialog = Dialog(house, "how_now")
        dialog.snapshot = replace(
            dialog.snapshot, session={**dialog.snapshot.session, "callers": [["visit", 99, "pressure"]]}
        )
        dialog.hears("到了")
        assert dialog.effect(want.Finish).how == "vanished"
        assert dialog.texts[0] == "好。"


def shelf():
    from pathlib import Path

    return (Path(__file__).parent / "house",)


def test_beginning_replaces_what_runs(house):
    dialog = Dialog(house, "visit")
    turn = engine.begin(house, "how_now", dialog.snapshot, NOW)
    assert turn.effects[0] == want.Finish("visit", "replaced")
    assert turn.state["script"] == "how_now"


def test_beginning_what_does_not_exist_is_an_error(house):
    with pytest.raises(UnknownScriptError, match="nothing"):
        engine.begin(house, "nothing", Snapshot(), NOW)


def test_a_script_aside_brings_the_question_back(house):
    dialog = Dialog(house, "visit")
    dialog.after(engine.aside(house, "numbers", dialog.snapshot, NOW))
    assert dialog.texts[0] == "请打120。"
    assert dialog.texts[1].endswith("4 想说说")
    dialog.hears("1")
    assert dialog.turn.waits


def test_a_script_that_turns_in_a_circle_ends_politely(tmp_path):
    import shutil

    for file in shelf()[0].glob("*.yaml"):
        shutil.copy(file, tmp_path)
    (tmp_path / "circle.yaml").write_text(
        "id: circle\nversion: 1\ntitle: 转圈\nunclear: 请再说一次。\nstart: a\nsteps:\n"
        "  a: {kind: branch, when: [{of: week, known: true, go: b}], otherwise: b}\n"
        "  b: {kind: branch, when: [{of: week, known: true, go: a}], otherwise: a}\n",
        encoding="utf-8",
    )
    (tmp_path / "itself.yaml").write_text(
        "id: itself\nversion: 1\ntitle: 自己\nunclear: 请再说一次。\nstart: a\nsteps:\n"
        "  a: {kind: call, script: itself, go: b}\n  b: {kind: end}\n",
        encoding="utf-8",
    )
    library = Library.load(tmp_path, menu=tmp_path / "menu.yaml")
    for script in ("circle", "itself"):
        assert Dialog(library, script).effect(want.Finish).how == "vanished"


def test_colour_and_consents_can_be_branched_on(tmp_path):
    import shutil

    for file in shelf()[0].glob("*.yaml"):
        shutil.copy(file, tmp_path)
    (tmp_path / "asks.yaml").write_text(
        "id: asks\nversion: 1\ntitle: 分支\nunclear: 请再说一次。\nstart: a\nsteps:\n"
        "  a:\n    kind: branch\n    when:\n"
        "      - {of: colour, is: [orange, red], go: b}\n"
        "      - {of: consents, is: sms, go: c}\n"
        "      - {of: confirmed, is: false, go: d}\n"
        "      - {of: postpartum_day, known: false, go: e}\n"
        "    otherwise: f\n" + "".join(f"  {name}: {{kind: end, say: {name}}}\n" for name in "bcdef"),
        encoding="utf-8",
    )
    library = Library.load(tmp_path, menu=tmp_path / "menu.yaml")
    postpartum = Context(postpartum_day=3)
    for snapshot, said in [
        (Snapshot(context=Context(risk_colour=RiskColour.RED)), "b"),
        (Snapshot(consents=frozenset({ConsentKind.SMS})), "c"),
        (Snapshot(context=postpartum, confirmed=False), "d"),
        (Snapshot(), "e"),
        (Snapshot(context=postpartum), "f"),
    ]:
        assert Dialog(library, "asks", snapshot).texts == [said]


def test_the_engine_needs_nothing_of_the_outside():
    outside = "sqlalchemy fastapi starlette wechatpy twilio apscheduler aiohttp".split()  # noqa: SIM905
    code = f"import sys, dialogs.engine, dialogs.respond; print(*set({outside}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
