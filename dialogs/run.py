"""One run of a script from an input to the next question or the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone

from dialogs import danger, effects, reading
from dialogs import script as kinds
from dialogs.conditions import way
from dialogs.effects import Effect, Purpose, Value
from dialogs.interruption import hold
from dialogs.lesson import offered
from dialogs.library import Library, UnknownScriptError
from dialogs.lines import Line, Reason
from dialogs.script import Alarm, Ask, Script
from dialogs.session import Caller, Session
from dialogs.snapshot import Snapshot, Turn
from dialogs.triage.finding import Judgement
from dialogs.triage.judge import judge_answers, judge_reading
from models.values import Language, Urgency

CALENDAR = timezone(timedelta(hours=8))
"""Days are counted where the women live: China has one zone and no summer time."""
_MOST_STEPS = 100
_UNLIKELY = "reading_unlikely"
_DEEPEST_CALL = 10


def vanished(library: Library, snapshot: Snapshot) -> Turn:
    """What was running exists no more, or cannot go on: it ends politely and a nurse goes on."""
    name = str((snapshot.session or {}).get("script", ""))
    return Turn(
        None,
        (
            effects.Say(library.wording(Line.VANISHED, snapshot.language, snapshot.facts)),
            effects.Escalate(Urgency.SOON, danger.nurse_line(library, Reason.VANISHED, script=name)),
            effects.Finish(name, "vanished"),
        ),
    )


@dataclass(slots=True)
class Run:
    library: Library
    snapshot: Snapshot
    now: datetime
    script: Script
    session: Session
    effects: list[Effect] = field(default_factory=list)
    language: Language = Language.ZH_CN

    def __post_init__(self) -> None:
        self.language = self.snapshot.language

    @property
    def today(self) -> date:
        return self.now.astimezone(CALENDAR).date()

    @property
    def question(self) -> Ask:
        step = self.script.steps[self.session.step]
        assert isinstance(step, Ask)  # noqa: S101 - _resume hands out no other run
        return step

    def go_to(self, name: str | None) -> Turn:
        """Run until a question waits or the dialog ends."""
        for _ in range(_MOST_STEPS):
            if name is None:
                return self._ended()
            step = self.script.steps.get(name)
            if step is None:
                return self._broken()
            self.session.step = name
            if isinstance(step, Ask):
                self._ask(step)
                return self._waiting()
            if isinstance(step, kinds.Call):
                return self.call(step.script, step.go)
            name = self._do(step)
        return self._broken()

    def call(self, script_id: str, back_to: str) -> Turn:
        callers = self.session.callers
        try:
            called = self.library.script(script_id)
        except UnknownScriptError:
            return self._broken()
        if len(callers) >= _DEEPEST_CALL:
            return self._broken()
        callers.append(Caller(self.script.id, self.script.version, back_to, self.session.held))
        self.session.held = False
        self._switch(called)
        return self.go_to(called.start)

    def take(self, ask: Ask, answer: reading.Answer, said: str) -> Turn:
        self.session.misses = 0
        self.session.held = False
        if answer.choice is not None:
            return self._take_choice(ask, answer.choice, said)
        judgement = self._judge(ask, answer.value)
        if _UNLIKELY in judgement.ask:
            return self.miss(ask)
        self._keep_value(ask, answer.value, said)
        self.effects += danger.safety(self.library, self.snapshot, judgement)
        turn = self.go_to(ask.go)
        return hold(self.library, self.snapshot, turn, judgement, said)

    def miss(self, ask: Ask) -> Turn:
        self.session.misses += 1
        if self.session.misses > self.script.tries:
            reason = danger.nurse_line(self.library, Reason.UNCLEAR, title=self.script.title)
            self.effects += (
                effects.Say(self._line(Line.HANDED_OVER)),
                effects.Escalate(Urgency.SOON, reason),
            )
            return replace(self.finish("unclear"), understood=False)
        self._say(ask.unclear or self.script.unclear, Purpose.REPLY)
        if self.session.misses > 1:
            self._ask(ask)
        return replace(self._waiting(), understood=False)

    def finish(self, how: str) -> Turn:
        self.effects.append(effects.Finish(self.session.outermost, how, dict(self.session.answers)))
        return Turn(None, danger.once(tuple(self.effects)))

    def _take_choice(self, ask: Ask, choice: kinds.Choice, said: str) -> Turn:
        for code, value in choice.record.items():
            self.effects.append(effects.Record(code, value, said=said))
        self.session.answers.update(choice.record)
        self.session.answers.update(choice.keep)
        if choice.escalate:
            self._alarm(choice.escalate)
        judgement = judge_answers(choice.record, self.snapshot.context, self.library.rules)
        evidence = choice.label.text(Language.ZH_CN)
        return replace(self.go_to(choice.go or ask.go), judgement=_seen_in(judgement, evidence))

    def _keep_value(self, ask: Ask, value: Value, said: str) -> None:
        name = ask.record or ask.keep
        if name:
            self.session.answers[name] = value
        if ask.record:
            self.effects.append(effects.Record(ask.record, value, reading.unit(ask), said or None))

    def _judge(self, ask: Ask, value: Value) -> Judgement:
        if ask.record is None or isinstance(value, str):
            return Judgement(None)
        judgement = judge_reading(ask.record, value, self.snapshot.context, self.library.rules)
        evidence = " ".join(filter(None, (self._reading_name(ask.record), _shown(value), reading.unit(ask))))
        return _seen_in(judgement, evidence)

    def _reading_name(self, code: str) -> str:
        return self.library.texts[Language.ZH_CN].get(f"reading.{code}", code)

    def _do(self, step: kinds.Step) -> str | None:
        """Carry out one step that does not wait; the name of the next, or None at the end."""
        match step:
            case kinds.Say():
                self._say(step.say, step.purpose)
            case kinds.Branch() | kinds.OfferLessons():
                return self._way(step)
            case kinds.Record():
                self._record(step)
            case kinds.Escalate():
                self._alarm(step.escalate)
            case kinds.TellGuardian():
                self._tell_guardian(step)
            case kinds.SetLanguage():
                self.language = step.language
                self.effects.append(effects.SetLanguage(step.language))
            case kinds.End():
                if step.say:
                    self._say(step.say, step.purpose)
                if step.escalate:
                    self._alarm(step.escalate)
                return None
            case _:
                self.effects.append(self._enrol(step))
        return getattr(step, "go", None)

    def _way(self, step: kinds.Branch | kinds.OfferLessons) -> str:
        if isinstance(step, kinds.Branch):
            return way(step, self.session.answers, self.snapshot)
        words = offered(self.library.lessons.values(), self.snapshot.context, self.language)[: step.most]
        if not words:
            return step.otherwise
        between = self.library.wording(Line.BETWEEN, self.language, {})
        text = self.library.say(step.say, self.language, {**self._facts(), "lessons": between.join(words)})
        self.effects.append(effects.Say(text, Purpose.REPLY))
        return step.go

    def _tell_guardian(self, step: kinds.TellGuardian) -> None:
        if not danger.unsafe_at_home(self.library, self.snapshot):
            text = self.library.say(step.say, Language.ZH_CN, self._facts())
            self.effects.append(effects.TellGuardian(text, step.urgency, step.purpose))

    def _enrol(self, step: kinds.Step) -> Effect:
        match step:
            case kinds.Consent():
                return effects.GiveConsent(step.consent, step.granted, self.script.version)
            case kinds.Identify():
                due, period = self._day(step.due_date), self._day(step.last_period)
                return effects.Identify(self._word(step.name), self._word(step.phone), due, period)
            case kinds.Guardian():
                return effects.NameGuardian(self._word(step.name), self._word(step.relation), self._word(step.phone))
            case kinds.Outcome():
                return effects.ReportOutcome(step.outcome, self._day(step.on))
            case kinds.BeginLater():
                return effects.BeginLater(step.script, step.after)
            case _:
                raise TypeError(f"no such step: {type(step).__name__}")

    def _record(self, step: kinds.Record) -> None:
        for code, value in step.record.items():
            self._note(code, value)
        for code, parts in step.sum.items():
            known = (self.session.answers.get(part) for part in parts)
            self._note(code, sum(value for value in known if isinstance(value, int | float)))

    def _note(self, code: str, value: Value) -> None:
        self.effects.append(effects.Record(code, value))
        self.session.answers[code] = value

    def _alarm(self, alarm: Alarm) -> None:
        reason = self.library.fill(alarm.reason, Language.ZH_CN, self._facts())
        self.effects.append(effects.Escalate(alarm.urgency, reason))
        watched = self.script.id == self.library.menu.check_in.script
        following = danger.watch(self.library, self.snapshot, alarm.urgency, private=alarm.private)
        self.effects += [e for e in following if not (watched and isinstance(e, effects.BeginLater))]

    def _ask(self, ask: Ask) -> None:
        labels = [choice.label.text(self.language) for choice in ask.choices]
        text = self.library.say(ask.say, self.language, self._facts())
        if ask.answer.is_menu:
            text = "\n".join([text, *(f"{number} {label}" for number, label in enumerate(labels, 1))])
        elif labels:
            choices = {"choices": " / ".join(labels)}
            text = f"{text}\n{self.library.wording(Line.OR_SAY, self.language, choices)}"
        self.effects.append(effects.Say(text, Purpose.QUESTION))

    def _say(self, wording: kinds.Wording, purpose: Purpose) -> None:
        self.effects.append(effects.Say(self.library.say(wording, self.language, self._facts()), purpose))

    def _line(self, line: Line) -> str:
        return self.library.wording(line, self.language, self._facts())

    def _facts(self) -> Mapping[str, str]:
        if not self.session.answers:
            return self.snapshot.facts
        return {**self.snapshot.facts, **{name: _shown(value) for name, value in self.session.answers.items()}}

    def _word(self, name: str | None) -> str | None:
        value = self.session.answers.get(name) if name else None
        return None if value is None else str(value)

    def _day(self, name: str | None) -> date | None:
        word = self._word(name)
        return None if word is None else date.fromisoformat(word)

    def _switch(self, to: Script) -> None:
        self.script = to
        self.session.script, self.session.version, self.session.misses = to.id, to.version, 0

    def _waiting(self) -> Turn:
        return Turn(self.session.state(), danger.once(tuple(self.effects)), waits=True)

    def _ended(self) -> Turn:
        if not self.session.callers:
            return self.finish("completed")
        caller = self.session.callers.pop()
        try:
            self._switch(self.library.script(caller.script, caller.version))
        except UnknownScriptError:
            return self._broken()
        if caller.held:
            self.session.step, self.session.held = caller.step, True
            return self._waiting()
        return self.go_to(caller.step)

    def _broken(self) -> Turn:
        running = replace(self.snapshot, session={"script": self.script.id})
        end = vanished(self.library, running)
        return replace(end, effects=(*self.effects, *end.effects))


def _seen_in(judgement: Judgement, evidence: str) -> Judgement:
    return replace(judgement, findings=tuple(replace(finding, evidence=evidence) for finding in judgement.findings))


def _shown(value: Value) -> str:
    if isinstance(value, dict):
        return "/".join(str(part) for part in value.values())
    return "" if value is None else str(value)
