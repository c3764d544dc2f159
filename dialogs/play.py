"""Talk to a script without anybody there: a transcript that a nurse can read, and that a test can hold us to."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from dialogs import effects as want
from dialogs import engine, reading
from dialogs.effects import Effect, Value
from dialogs.library import Library, UnknownScriptError
from dialogs.lines import Label
from dialogs.respond import respond
from dialogs.script import FACTS, Ask
from dialogs.session import Session
from dialogs.snapshot import Heard, HeardKind, Snapshot, Turn
from dialogs.triage.finding import Context
from models.values import ConsentKind, GestationalAge, Language, RiskColour

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""When every transcript happens: a Monday, ten in the morning in China."""
_INDENT = " " * 8


class TranscriptError(ValueError):
    """A transcript, or its head, that cannot be played."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One choice of one script, taken by somebody."""

    script: str
    step: str
    choice: int


@dataclass(slots=True)
class Play:
    """One conversation going on: `begin` and `hear` give the lines that come of it."""

    library: Library
    snapshot: Snapshot = field(default_factory=Snapshot)
    now: datetime = NOW
    taken: set[Taken] = field(default_factory=set)

    def begin(self, script_id: str) -> list[str]:
        return self._after(engine.begin(self.library, script_id, self.snapshot, self.now))

    def hear(self, typed: str, *, by_guardian: bool = False) -> list[str]:
        if typed == self._word(Label.TIMEOUT):
            return self._after(engine.timeout(self.library, self.snapshot, self.now))
        heard = self._heard(typed)
        here = replace(self.snapshot, by_guardian=by_guardian)
        chosen = self._choice(heard)
        turn = respond(self.library, here, heard, self.now)
        if chosen and turn.understood:
            self.taken.add(chosen)
        return self._after(turn)

    def _after(self, turn: Turn) -> list[str]:
        """The state goes through JSON, as it does between two messages of real life."""
        snapshot = self.snapshot
        state = None if turn.state is None else json.loads(json.dumps(turn.state))
        misses = 0 if turn.understood else snapshot.unread_misses + 1
        self.snapshot = replace(snapshot, session=state, unread_misses=misses)
        for effect in turn.effects:
            self._remember(effect)
        return list(self._lines(turn.effects))

    def _remember(self, effect: Effect) -> None:
        match effect:
            case want.SetLanguage(language):
                self.snapshot = replace(self.snapshot, language=language)
            case want.GiveConsent(kind, granted, _):
                kept = self.snapshot.consents - {kind} | ({kind} if granted else set())
                self.snapshot = replace(self.snapshot, consents=frozenset(kept))
            case want.OptOut():
                self.snapshot = replace(self.snapshot, opted_out=True)
            case want.OptIn():
                self.snapshot = replace(self.snapshot, opted_out=False)

    def _heard(self, typed: str) -> Heard:
        kinds = {
            Label.IMAGE: Heard(HeardKind.IMAGE, media="media-1"),
            Label.VOICE: Heard(HeardKind.VOICE, media="media-1"),
            Label.LOCATION: Heard(HeardKind.LOCATION),
            Label.FOLLOWED: Heard(HeardKind.FOLLOWED),
        }
        for label, heard in kinds.items():
            if typed == self._word(label):
                return heard
        if typed.startswith(self._word(Label.MENU)):
            return Heard(HeardKind.MENU, menu_key=typed.removeprefix(self._word(Label.MENU)).strip(" ）)"))
        return Heard(HeardKind.TEXT, typed)

    def _choice(self, heard: Heard) -> Taken | None:
        session = Session.known(self.snapshot.session)
        if session is None or session.held or session.clarifying:
            return None
        try:
            step = self.library.script(session.script, session.version).steps.get(session.step)
        except UnknownScriptError:
            return None
        answer = reading.read(step, heard, self.now.date()) if isinstance(step, Ask) else None
        if answer is None or answer.choice is None or not isinstance(step, Ask):
            return None
        return Taken(session.script, session.step, step.choices.index(answer.choice))

    def _lines(self, effects: Iterable[Effect]) -> Iterator[str]:
        later: dict[str, list[str]] = {}
        for effect in effects:
            if isinstance(effect, want.BeginLater):
                later.setdefault(effect.script, []).append(_duration(effect.after))
        for effect in effects:
            if isinstance(effect, want.BeginLater):
                if effect.script in later:
                    yield f"  {self._word(Label.LATER)} {effect.script} {' '.join(later.pop(effect.script))}"
            elif isinstance(effect, want.Say):
                yield f"{self._word(Label.BOT)}: " + effect.text.replace("\n", f"\n{_INDENT}")
            else:
                yield self._deed(effect)

    def _deed(self, effect: Effect) -> str:
        match effect:
            case want.Record(code, value, unit, _):
                return f"  {self._word(Label.RECORD)} {code} = {_shown(value)}{f' {unit}' if unit else ''}"
            case want.Escalate(urgency, reason, _):
                return f"  {self._word(Label.ESCALATE)} {urgency}：{reason}"
            case want.TellGuardian(text, urgency, _):
                return f"  {self._word(Label.TELL_GUARDIAN)} {urgency}：{text}"
            case want.GiveConsent(kind, granted, _):
                return f"  {self._word(Label.CONSENT if granted else Label.NO_CONSENT)} {kind}"
            case want.Finish(_, how, _):
                return f"（{self._word(Label.END)}{'' if how == 'completed' else f' {how}'}）"
            case _:
                return self._rarer_deed(effect)

    def _rarer_deed(self, effect: Effect) -> str:
        match effect:
            case want.Identify(name, phone, due_date, last_period):
                known = {"name": name, "phone": phone, "due_date": due_date, "last_period": last_period}
                return f"  {self._word(Label.IDENTIFY)}{_known(known)}"
            case want.NameGuardian(name, relation, phone):
                known = {"name": name, "relation": relation, "phone": phone}
                return f"  {self._word(Label.NAME_GUARDIAN)}{_known(known)}"
            case want.SetLanguage(language):
                return f"  {self._word(Label.LANGUAGE)} {language}"
            case want.ReportOutcome(kind, on):
                return f"  {self._word(Label.OUTCOME)} {kind}{f' {on}' if on else ''}"
            case _:
                return f"  {self._word(Label.OPT_OUT if isinstance(effect, want.OptOut) else Label.OPT_IN)}"

    def _word(self, label: Label) -> str:
        return self.library.wording(label, Language.ZH_CN, {})


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation on paper: the comment, the woman it is about, and what she and her guardian say."""

    title: str
    settings: str
    inputs: tuple[str, ...]

    @classmethod
    def read(cls, library: Library, text: str) -> "Transcript":
        """Takes the head and the lines that people say; what the machine said is left out."""
        lines = text.splitlines()
        if len(lines) < 2 or not lines[0].startswith("#"):
            raise TranscriptError("a transcript begins with a line '# what happens' and a line of settings")
        speakers = tuple(f"{library.wording(who, Language.ZH_CN, {})}:" for who in (Label.SHE, Label.GUARDIAN))
        return cls(lines[0], lines[1].strip(), tuple(line for line in lines[2:] if line.startswith(speakers)))

    def play(self, library: Library, script_id: str | None) -> tuple[str, set[Taken]]:
        """The whole transcript as it comes out today, and the choices that it takes."""
        play = Play(library, cast(self.settings))
        guardian = library.wording(Label.GUARDIAN, Language.ZH_CN, {})
        lines = [self.title, self.settings, "", *(play.begin(script_id) if script_id else ())]
        for line in self.inputs:
            who, _, typed = line.partition(":")
            lines += [line.rstrip(), *play.hear(typed.strip(), by_guardian=who == guardian)]
        return "\n".join(lines) + "\n", play.taken


def cast(settings: str) -> Snapshot:
    """`name=小林 week=32 conditions=twins,hdp` as a snapshot; facts and records, apart by spaces."""
    facts: dict[str, str] = {}
    records: dict[str, str] = {}
    for setting in settings.split():
        name, equals, value = setting.partition("=")
        if not equals or name not in FACTS | _RECORDS:
            raise TranscriptError(f"cannot read {setting!r}: neither a fact nor a record")
        (facts if name in FACTS and name not in _RECORDS else records)[name] = value
    if "postpartum_day" in records:
        facts["postpartum_day"] = records["postpartum_day"]
    try:
        return _snapshot(facts, records)
    except ValueError as error:
        raise TranscriptError(f"cannot read the settings: {error}") from error


_RECORDS = frozenset(
    {"week", "postpartum_day", "baby_days", "colour", "conditions", "consents", "confirmed", "language"}
    | {"nurse_has_it", "opted_out"}
)


def _snapshot(facts: dict[str, str], records: dict[str, str]) -> Snapshot:
    def number(name: str) -> int | None:
        return int(records[name]) if name in records else None

    def words(name: str) -> list[str]:
        return records[name].split(",") if records.get(name) else []

    language = Language.read(records.get("language", Language.ZH_CN))
    week = number("week")
    context = Context(
        gestational_age=None if week is None else GestationalAge.of(week),
        postpartum_day=number("postpartum_day"),
        newborn_age_days=number("baby_days"),
        conditions=frozenset(words("conditions")),
        risk_colour=RiskColour(records["colour"]) if "colour" in records else None,
        language=language,
    )
    return Snapshot(
        language=language,
        facts=facts,
        context=context,
        confirmed=records.get("confirmed") != "false",
        nurse_has_it=records.get("nurse_has_it") == "true",
        opted_out=records.get("opted_out") == "true",
        consents=frozenset(ConsentKind(word) for word in words("consents")),
    )


def _duration(after: timedelta) -> str:
    minutes = int(after.total_seconds()) // 60
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0 and minutes > size:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def _shown(value: Value) -> str:
    return "/".join(map(str, value.values())) if isinstance(value, dict) else str(value)


def _known(fields: Mapping[str, object]) -> str:
    return "".join(f" {name}={value}" for name, value in fields.items() if value is not None)
