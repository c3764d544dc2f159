"""The shipped rules are sound, and rules that are not are refused with the file and the place named."""

from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from models.values import Language
from scheduler.plan_rules import PlanError, Rule, load_plans

SHIPPED = Path(str(files("scheduler") / "plans"))
PLANS = load_plans()


@pytest.mark.parametrize("rule", list(PLANS.rules()), ids=lambda rule: rule.id)
def test_every_rule_says_what_it_rests_on(rule: Rule):
    assert len(rule.source) > 10
    assert rule.mark in ("V", "V2", "R", "P")


def test_the_caller_learns_every_script_the_rules_may_begin():
    assert PLANS.script_ids() == {
        "after_emergency",
        "blood_pressure_check",
        "common_check",
        "daily_check",
        "emergency_contacts",
        "glucose_check",
        "lesson_one",
        "newborn_check",
        "orange_check",
        "postpartum_check",
        "purple_check",
        "red_check",
        "term_check",
        "visit_reminder",
    }


def test_the_rules_ask_only_for_conditions_that_the_records_can_name():
    known = yaml.safe_load((files("dialogs") / "triage" / "rules.yaml").read_text(encoding="utf-8"))["conditions"]
    assert PLANS.conditions() <= set(known)


def test_every_visit_has_a_name_in_every_language():
    assert all(set(visit.name) == set(Language) for visit in PLANS.visits.visits)


def test_a_ladder_reaches_the_nurse_at_the_time_of_the_table():
    hours = {ladder.id: ladder.nurse_after.total_seconds() / 3600 for ladder in PLANS.cadences.ladders}
    assert hours == {
        "within_12_hours": 12,
        "within_24_hours": 24,
        "within_48_hours": 48,
        "within_72_hours": 72,
        "within_7_days": 168,
        "at_once": pytest.approx(1 / 6),
    }


@pytest.mark.parametrize(
    ("file", "written", "broken", "complaint"),
    [
        ("cadences.yaml", "ladder: within_7_days", "ladder: within_a_week", "green_early names the unknown ladder"),
        ("cadences.yaml", "- id: green_late", "- id: green_early", "rule green_early is given twice"),
        ("cadences.yaml", "check_in: {every: 28}", "check_in: {evry: 28}", "cadences.yaml: cadences.0.check_in.evry"),
        ("cadences.yaml", "check_in: {every: 28}", "check_in: {every: 0}", "cadences.yaml: cadences.0.check_in.every"),
        ("cadences.yaml", "check_in: {every: 28}", "check_in: {days: [3]}", "in pregnancy a rhythm is `every`"),
        ("cadences.yaml", "every: 28}", "every: 28, days: [3]}", "give either `every` or `days`"),
        ("cadences.yaml", "ladder: within_7_days", "ladder: null", "a check-in needs a ladder and scripts"),
        ("cadences.yaml", "repeat_after: 4h", "repeat_after: 9h", "the steps of a ladder follow one another"),
        ("cadences.yaml", "repeat_after: 4h", "repeat_after: soon", "expected a duration such as 10m, 12h or 7d"),
        ("cadences.yaml", "closes: 27+6", "closes: 27+7", "cadences.yaml: cadences.0.closes"),
        ("cadences.yaml", "opens: 28+0", "opens: 40+0", "`opens` lies after `closes`"),
        ("cadences.yaml", "closes: 42\n", "closes: 43\n", "nothing is planned after day 42"),
        ("visits.yaml", "      en: early ultrasound\n", "", "the name lacks en"),
        ("visits.yaml", "mark: V2", "mark: maybe", "visits.yaml: visits.0.mark"),
        ("contacts.yaml", "    mark: P\n", "", "contacts.yaml: contacts.0.mark: Field required"),
        ("education.yaml", "lessons:", "lessons: [", "education.yaml: "),
    ],
)
def test_a_broken_rule_is_refused_with_its_place(tmp_path, file, written, broken, complaint):
    folder = copytree(SHIPPED, tmp_path / "plans")
    text = (folder / file).read_text(encoding="utf-8")
    assert written in text
    (folder / file).write_text(text.replace(written, broken, 1), encoding="utf-8")
    with pytest.raises(PlanError) as refused:
        load_plans(folder)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path):
    folder = copytree(SHIPPED, tmp_path / "plans")
    (folder / "visits.yaml").unlink()
    with pytest.raises(PlanError, match=r"visits\.yaml"):
        load_plans(folder)
