"""What holds for every phrase of the lexicon, whatever stands around it and however it is written."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from random import Random
from time import process_time
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs import effects as want
from dialogs import engine
from dialogs.library import Library
from dialogs.respond import respond
from dialogs.snapshot import Heard, HeardKind, Snapshot
from dialogs.triage.finding import Context
from dialogs.triage.judge import judge
from dialogs.triage.rules import TriageRules
from models.values import Urgency
from tests.dialogs.test_respond import NOW
from tests.dialogs.triage.conftest import context
from tests.dialogs.triage.speaking import markers, negators, phrases, say

BENIGN = (
    "今天天气挺好", "下周去产检", "谢谢护士", "吃了两碗饭", "我在家里", "麻烦您了", "中午睡了一觉",
    "刚从超市回来", "护士您好", "老公在上班", "我们住在镇上", "打扰您休息", "医生上班没", "我是您家建档的",
)  # fmt: skip
STAGES = ("30", "39", "10", "p3", "p20", "n1", "n5", "n20", "")
SEEDS = st.integers(0, 2**32)


class Danger(NamedTuple):
    """A phrase that alone is judged urgent or worse, and the context in which it is."""

    sign: str
    phrase: str
    where: Context
    level: Urgency


class Spoken(list[Danger]):
    def __repr__(self) -> str:
        return f"{len(self)} phrases"

    def at(self, seed: int) -> Danger:
        return self[seed % len(self)]


@pytest.fixture(scope="session")
def patterns() -> dict[str, list[str]]:
    return phrases()


@pytest.fixture(scope="session")
def spoken(rules: TriageRules, patterns: dict[str, list[str]]) -> Spoken:
    return Spoken(_dangers(rules, patterns, Random(20261124)))


def _dangers(rules: TriageRules, patterns: dict[str, list[str]], random: Random) -> Iterator[Danger]:
    for sign, alternatives in patterns.items():
        for pattern in alternatives:
            phrase = say(pattern, random)
            for where in STAGES:
                level = judge(phrase, context(where), rules).level
                if level is not None and level.at_least(Urgency.URGENT):
                    yield Danger(sign, phrase, context(where), level)
                    break


def acute(level: Urgency | None) -> bool:
    return level is not None and level.at_least(Urgency.URGENT)


def test_signs_that_need_nothing_else_are_recognised_in_nearly_all_their_wordings(
    rules: TriageRules, patterns: dict[str, list[str]]
) -> None:
    """A wording that its own look-around, or a harmless word in it, forbids may fail; no whole way of saying it may."""
    alone = {next(iter(case.terms[0].signs)) for case in rules.cases if _suffices(case)}
    random = Random(7)
    lost = []
    for sign in sorted(alone):
        for pattern in patterns[sign]:
            tries = [say(pattern, random) for _ in range(12)]
            if not any(acute(judge(phrase, context(where), rules).level) for phrase in tries for where in STAGES):
                lost.append(f"{sign}: {pattern[:60]} -> {tries[0]}")
    assert lost == []


def _suffices(case) -> bool:
    rule, first = case.rule, case.terms[0]
    free = not (rule.conditions or rule.colours or rule.last_resort)
    return free and len(case.terms) == 1 and len(first.signs) == 1 and not first.numbers and acute(rule.level)


@settings(deadline=None, max_examples=300)
@given(seed=SEEDS, before=st.sampled_from(BENIGN), after=st.sampled_from(BENIGN), comma=st.sampled_from("，。！ \n"))
def test_harmless_clauses_around_a_danger_never_lower_it(
    rules: TriageRules, spoken: Spoken, seed: int, before: str, after: str, comma: str
) -> None:
    _, phrase, where, alone = spoken.at(seed)
    level = judge(f"{before}{comma}{phrase}{comma}{after}", where, rules).level
    assert level is not None, phrase
    assert level.at_least(alone), phrase


PLAIN = (
    ("30", "下面流了好多血"), ("30", "脸肿了喘不上气"), ("30", "肚子疼得直不起腰"), ("36", "胎动没了"),
    ("30", "他又打我了"), ("p9", "不想活了"),
)  # fmt: skip
"""Dangers in the words that everybody uses, and where they are told."""
TRIES = 2


def hidden(rules: TriageRules, kind: str, between: str) -> list[str]:
    """The messages in which something of this kind, told before a danger, lowers it."""
    random = Random(3)
    before = [say(pattern, random) for pattern in markers(kind) for _ in range(TRIES)]
    alone = {danger: judge(danger, context(where), rules).level for where, danger in PLAIN}
    lowered = []
    for text, (where, danger) in product(before, PLAIN):
        level, least = judge(f"{text}{between}{danger}", context(where), rules).level, alone[danger]
        assert least is not None
        if level is None or not level.at_least(least):
            lowered.append(f"{text}{between}{danger}")
    return lowered


def test_no_harmless_word_hides_a_danger_in_the_clause_behind_it(rules: TriageRules) -> None:
    assert hidden(rules, "false_friends", "，现在突然") == []


@pytest.mark.parametrize(
    "kind",
    ["past", "long_past", "experienced", "asked", "feared", "educational", "hypothetical", "dreamt", "quoted", "others",
     "spouse", "resolved"],
)  # fmt: skip
def test_what_she_says_of_herself_now_counts_whatever_she_told_before(rules: TriageRules, kind: str) -> None:
    assert hidden(rules, kind, "，我现在") == []


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


FORMS = {
    "as it is": lambda text: text,
    "full width": full_width,
    "upper case": str.upper,
    "with emoji": lambda text: f"😭{text}🙏🙏",
    "with invisible signs": "\u200b".join,
    "with 痛": lambda text: text.replace("疼", "痛"),
    "in tears": lambda text: f"呜呜呜，{text}！！！呜呜",
}


@settings(deadline=None, max_examples=300)
@given(seed=SEEDS, form=st.sampled_from(sorted(FORMS)))
def test_a_danger_is_one_in_every_normal_form(rules: TriageRules, spoken: Spoken, seed: int, form: str) -> None:
    _, phrase, where, _ = spoken.at(seed)
    assert acute(judge(FORMS[form](phrase), where, rules).level), (form, phrase)


@settings(deadline=None, max_examples=300)
@given(seed=SEEDS, negator=st.sampled_from(["没有", "并没有", "从来没有"]), before=st.sampled_from(BENIGN))
def test_a_sign_denied_in_its_own_clause_does_not_alarm(
    rules: TriageRules, spoken: Spoken, seed: int, negator: str, before: str
) -> None:
    _, phrase, where, _ = Spoken(danger for danger in spoken if _deniable(danger)).at(seed)
    assert not acute(judge(f"{before}，{negator}{phrase}", where, rules).level), phrase


DENIABLE = {
    "bleed",
    "fever",
    "headache",
    "belly_pain",
    "contraction",
    "fluid",
    "vision",
    "chest_pain",
    "fit",
    "vomit_blood",
}


def _deniable(danger: Danger) -> bool:
    """A short Chinese name of a bodily sign without a negator in it: 没有流血, and not 没有肚子很疼一直不停."""
    phrase = danger.phrase
    short = 2 <= len(phrase) <= 4 and phrase.isalpha() and not phrase.isascii()
    return danger.sign in DENIABLE and short and negators().isdisjoint(phrase)


LIBRARY = Library.load()


def running(where: Context, script: str, *said: str) -> Snapshot:
    snapshot = Snapshot(context=where, facts={"name": "小林"})
    turn = engine.begin(LIBRARY, script, snapshot, NOW)
    for typed in said:
        now = replace(snapshot, session=json.loads(json.dumps(turn.state)))
        turn = respond(LIBRARY, now, Heard(HeardKind.TEXT, typed), NOW)
    return replace(snapshot, session=json.loads(json.dumps(turn.state)) if turn.state else None)


STATES: dict[str, Callable[[Context], Snapshot]] = {
    "nothing runs": lambda where: Snapshot(context=where),
    "a menu waits": lambda where: running(where, "symptom_report"),
    "a number waits": lambda where: running(where, "blood_pressure_check"),
    "a yes or no waits": lambda where: running(where, "mood"),
    "a dialog is held": lambda where: running(where, "symptom_report", "摔了一跤"),
    "a nurse has it": lambda where: Snapshot(context=where, nurse_has_it=True),
    "she opted out": lambda where: Snapshot(context=where, opted_out=True),
    "her guardian writes": lambda where: Snapshot(context=where, by_guardian=True),
    "not on the roster": lambda where: Snapshot(context=where, confirmed=False),
}


FALLS = {"fall", "belly_blow", "b_fall"}


@settings(deadline=None, max_examples=200)
@given(seed=SEEDS, state=st.sampled_from(sorted(STATES)))
def test_a_danger_calls_a_human_in_every_state_of_the_dialog(spoken: Spoken, seed: int, state: str) -> None:
    sign, phrase, where, _ = spoken.at(seed)
    if state == "a dialog is held" and sign in FALLS:
        return  # it is held because of this very sign, for which a human was called
    turn = respond(LIBRARY, STATES[state](where), Heard(HeardKind.TEXT, phrase), NOW)
    called = [effect.urgency for effect in turn.effects if isinstance(effect, want.Escalate)]
    assert any(acute(urgency) for urgency in called), (state, phrase)


@settings(deadline=None)
@given(text=st.text(max_size=300))
def test_no_text_makes_it_fail(rules: TriageRules, text: str) -> None:
    judgement = judge(text, context(), rules)
    for finding in judgement.findings:
        assert text[finding.start : finding.end] == finding.evidence


@settings(deadline=None, max_examples=200)
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *"没不血疼破水动了吗 ，。？如果我她姐38.5/宝宝“”",
                "出血",
                "胎动",
                "怎么办",
                "以前",
                "血压",
                "梦见",
                "都没有",
                "过",
            ]
        ),
        max_size=40,
    )
)
def test_no_mixture_of_its_own_words_makes_it_fail(rules: TriageRules, pieces: list[str]) -> None:
    text = "".join(pieces)
    for finding in judge(text, context(), rules).findings:
        assert text[finding.start : finding.end] == finding.evidence


@pytest.mark.parametrize(
    "word",
    [
        "肚子疼一直",
        "没出血我姐以前",
        "血压150/95，",
        "流鼻血",
        "如果破水",
        "“流血”",
        "一百",
        "배가 아파 ",
        "no pain or ",
        "我",
    ],
)
def test_ten_thousand_characters_cost_what_they_should(rules: TriageRules, word: str) -> None:
    """Linear: four times the text, well under eight times the time. A busy machine only makes a run longer: the
    shortest of three counts, of twelve where three do not settle it.
    """

    def seconds(length: int) -> float:
        text = (word * length)[:length]
        begun = process_time()
        judge(text, context(), rules)
        return process_time() - begun

    seconds(400)
    short, long = [], []
    for turn in range(12):
        short.append(seconds(2_500))
        long.append(seconds(10_000))
        if turn > 1 and min(long) < 8 * min(short) + 0.05:
            return
    pytest.fail(f"2,500 characters take {min(short):.3f} s, 10,000 take {min(long):.3f} s")
