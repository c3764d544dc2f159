"""The one decision for an inbound turn.

In this order: opt-out and opt-in words, danger sign, a nurse has the conversation, running session, keyword and menu,
help. A danger sign holds a running dialog: after the safety line it waits, and goes on when she writes 继续 or, once a
question about the sign is answered and nothing is urgent, by itself. Other messages meanwhile are acknowledged with
that word, never taken for an answer: a 好的 after "go to hospital" must not become "yes, I bleed".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from dialogs import danger, engine
from dialogs.answers import SYSTOLIC, arabic, key, read_ordinal, read_yes_no
from dialogs.effects import Effect, Escalate, Finish, OptIn, OptOut, Purpose, Record, Say
from dialogs.interruption import doubt, hold, interrupt, must_hold
from dialogs.library import Library
from dialogs.lines import Line, Reason
from dialogs.reading import readings_in
from dialogs.script import AnswerType
from dialogs.session import Clarifying, Session
from dialogs.snapshot import Heard, HeardKind, Snapshot, Turn
from dialogs.triage.finding import Finding, FindingStatus, Judgement
from dialogs.triage.interpret import interpret
from dialogs.triage.judge import NUMBER_OF_CODE, judge, judge_reading
from models.values import ConsentKind, RiskColour, Urgency

_ARRIVALS = {HeardKind.FOLLOWED, HeardKind.SCANNED}


def respond(library: Library, snapshot: Snapshot, heard: Heard, now: datetime) -> Turn:
    if heard.kind in {HeardKind.LINK, HeardKind.OTHER}:
        heard = replace(heard, text="")  # the title of a page says neither how she is nor what she wants
    verb = library.verbs.get(key(heard.text)) if heard.text else None
    judgement = judge(heard.text, snapshot.context, library.rules) if heard.text else Judgement(None)
    readings = _own_readings(library, snapshot, heard.text)
    judgement = _with_readings(library, snapshot, judgement, readings)
    inbound = _Inbound(library, snapshot, heard, now, verb, judgement, readings, Session.known(snapshot.session))
    turns = (stage(inbound) for stage in _ORDER)
    turn = next(turn for turn in turns if turn is not None)
    effects = (*turn.effects, *_second_look(inbound, turn))
    return replace(turn, effects=effects, judgement=_together(judgement, turn.judgement))


def _own_readings(library: Library, snapshot: Snapshot, text: str) -> tuple[Record, ...]:
    """What she measured of herself and now: a number of another's or of long ago is none of hers."""
    readings = readings_in(text) if text else ()
    if not readings:
        return ()
    numbers = interpret(text, snapshot.context, library.rules.lexicon).numbers
    own = {number.name for number in numbers if number.status is FindingStatus.CURRENT}
    aside = {number.name for number in numbers} - own
    return tuple(reading for reading in readings if _number(reading) not in aside)


def _with_readings(
    library: Library, snapshot: Snapshot, judgement: Judgement, readings: tuple[Record, ...]
) -> Judgement:
    """Answers are read in more ways of writing than messages: what would be recorded is judged first."""
    told = {told.name for told in judgement.told}
    for reading in readings:
        if _number(reading) in told:
            continue
        measured = judge_reading(reading.code, reading.value, snapshot.context, library.rules)
        found = tuple(replace(finding, evidence=reading.said or "") for finding in measured.findings)
        ranks = [one.level.rank if one.level else len(Urgency) for one in (measured, judgement)]
        gravest = measured if ranks[0] < ranks[1] else judgement
        judgement = replace(gravest, findings=judgement.findings + found, told=judgement.told + measured.told)
    return judgement


def _number(reading: Record) -> str:
    return {"blood_pressure": "systolic", **NUMBER_OF_CODE}.get(reading.code, reading.code)


def _second_look(inbound: "_Inbound", turn: Turn) -> Iterator[Effect]:
    """A human reads what no rule takes seriously and still sounds like it; the conversation goes on as it would."""
    found = inbound.judgement.second_look
    reads_it_anyway = inbound.snapshot.nurse_has_it or any(isinstance(effect, Escalate) for effect in turn.effects)
    meant_for_us = inbound.verb or inbound.script or (turn.understood and _chooses(inbound))
    if found is not None and not (reads_it_anyway or meant_for_us):
        reason = danger.nurse_line(inbound.library, Reason.SECOND_LOOK)
        yield Escalate(Urgency.SOON, reason, (found,))


@dataclass(frozen=True, slots=True)
class _Inbound:
    """One message with all that is known when it is decided about; `verb` is the service word it consists of."""

    library: Library
    snapshot: Snapshot
    heard: Heard
    now: datetime
    verb: str | None
    judgement: Judgement
    readings: tuple[Record, ...]
    session: Session | None

    @property
    def text(self) -> str:
        return self.heard.text

    @property
    def matters(self) -> bool:
        """A sign that counts, or one of which we must ask whose it is and when."""
        doubtful = bool(self.judgement.ask) and danger.set_aside_level(self.judgement) is not None
        return self.judgement.level is not None or doubtful

    @property
    def awaits_answer(self) -> bool:
        """A script waits for an answer and nothing holds it; what cannot be read waits too, and ends as vanished."""
        if self.session is None:
            return self.snapshot.session is not None
        return bool(self.session.script) and not self.session.held

    @property
    def is_new(self) -> bool:
        """Not on the roster, or on it and never asked, or unwilling then: nothing begins without her consent."""
        return not self.snapshot.confirmed or ConsentKind.SERVICE not in self.snapshot.consents

    @property
    def script(self) -> str | None:
        """The script that this message asks for by name."""
        if self.heard.menu_key:
            return next((item.script for item in self.library.menu.items if item.key == self.heard.menu_key), None)
        return self.library.starters.get(key(self.text)) if self.text else None

    def says(self, line: Line) -> Say:
        return Say(self.library.wording(line, self.snapshot.language, self.snapshot.facts), Purpose.REPLY)

    def soon(self, reason: Reason) -> Escalate:
        return Escalate(Urgency.SOON, danger.nurse_line(self.library, reason))

    def stays(self, *effects: Effect, understood: bool = True) -> Turn:
        """What runs goes on running."""
        running = self.snapshot.session
        return Turn(running, effects, waits=running is not None, understood=understood)


def _opting(inbound: _Inbound) -> Turn | None:
    if inbound.verb == "stop":
        return _opt_out(inbound)
    if inbound.verb == "start" and inbound.snapshot.opted_out:
        return inbound.stays(OptIn(), inbound.says(Line.OPTED_IN))
    return None


def _opt_out(inbound: _Inbound) -> Turn:
    """Whom the records call at risk is phoned instead."""
    snapshot = inbound.snapshot
    effects: list[Effect] = [OptOut()]
    if not snapshot.opted_out:
        effects.append(inbound.says(Line.OPTED_OUT))
    if snapshot.by_guardian:
        return inbound.stays(*effects)  # he speaks for his own number: her dialog is hers
    effects += _left_in_doubt(inbound)
    colour = snapshot.context.risk_colour
    if snapshot.context.conditions or (colour and colour.rank >= RiskColour.ORANGE.rank):
        effects.append(inbound.soon(Reason.OPTED_OUT))
    if inbound.session and inbound.session.script:
        effects.append(Finish(inbound.session.outermost, "opted_out"))
    return Turn(None, tuple(effects))


def _silent(inbound: _Inbound) -> Turn | None:
    """A nurse speaks with her, or she wants no messages: only what may save her is said, the rest is read."""
    snapshot, level = inbound.snapshot, inbound.judgement.level
    if not (snapshot.nurse_has_it or snapshot.opted_out):
        return None
    if level and level.at_least(Urgency.URGENT):
        return inbound.stays(*danger.safety(inbound.library, snapshot, inbound.judgement))
    if snapshot.nurse_has_it or inbound.heard.kind in _ARRIVALS:
        return inbound.stays()
    return inbound.stays(inbound.soon(Reason.WROTE_AFTER_OPT_OUT))


def _from_guardian(inbound: _Inbound) -> Turn | None:
    """He is heard as her proxy; beyond danger signs he is told what he can do, and a nurse reads him."""
    if not inbound.snapshot.by_guardian:
        return None
    if inbound.judgement.level:
        return inbound.stays(*danger.safety(inbound.library, inbound.snapshot, inbound.judgement))
    if inbound.verb == "thanks":
        return inbound.stays(inbound.says(Line.THANKS))
    if inbound.verb == "help":
        return inbound.stays(inbound.says(Line.GUARDIAN_HELP))
    about_her = danger.set_aside_level(inbound.judgement, frozenset({FindingStatus.OTHER_PERSON}))
    effects = (inbound.says(Line.GUARDIAN_HELP), inbound.soon(Reason.GUARDIAN))
    unsure = doubt(inbound.library, Clarifying(inbound.text, (), None, about_her))  # of whomever he speaks
    return inbound.stays(*(effects + unsure), understood=False)


def _departed(inbound: _Inbound) -> Turn | None:
    """On the way to hospital: what she was asked about the sign can wait; a script's own question she may answer so."""
    answers = inbound.awaits_answer and not inbound.snapshot.by_guardian
    if inbound.verb != "departed" or answers:
        return None
    return inbound.stays(inbound.says(Line.DEPARTED))


def _clarified(inbound: _Inbound) -> Turn | None:
    """The answer to a question about a danger sign, read together with what she wrote before; it never lowers."""
    session = inbound.session
    if session is None or session.clarifying is None or not inbound.text:
        return None
    asked, session = session.clarifying, replace(session, clarifying=None)
    inbound = replace(inbound, snapshot=replace(inbound.snapshot, session=session.state() if session.script else None))
    worse = _worse_than(asked, inbound)
    readings = inbound.readings
    if worse is not None:
        turn = interrupt(inbound.library, inbound.snapshot, worse, inbound.text)
        return replace(turn, effects=(*turn.effects, *readings))
    if inbound.script:
        return _by_name(inbound)
    effects: list[Effect] = [*readings, inbound.says(Line.NOTED)]
    if asked.level is None and not _is_plain(inbound.text):
        unsure = () if _names_another(inbound) else doubt(inbound.library, asked)
        effects += unsure or (inbound.soon(Reason.UNREAD),)
    if not session.script:
        return Turn(None, tuple(effects))
    if asked.level and asked.level.at_least(Urgency.URGENT):
        return inbound.stays(*effects, inbound.says(Line.HELD))
    again = engine.ask_again(inbound.library, inbound.snapshot, inbound.now)
    return replace(again, effects=(*effects, *again.effects))


def _worse_than(asked: Clarifying, inbound: _Inbound) -> Judgement | None:
    """The new judgement when it is more serious than before, or tells another sign for which she must go today."""
    another = _another_sign(asked, inbound)
    if another is not None and (asked.level is None or another.level == asked.level):
        return another
    before = f"{asked.text}\n"
    together = judge(before + inbound.text, inbound.snapshot.context, inbound.library.rules)
    together = replace(together, findings=tuple(_placed(finding, len(before)) for finding in together.findings))
    judgements = (together, *_chosen(asked, inbound, together))
    gravest = min(judgements, key=lambda judged: judged.level.rank if judged.level else len(Urgency))
    if gravest.level is None or (asked.level and gravest.level.rank >= asked.level.rank):
        return None
    return replace(gravest, ask=())


def _another_sign(asked: Clarifying, inbound: _Inbound) -> Judgement | None:
    judgement = inbound.judgement
    if judgement.level is None or not judgement.level.at_least(Urgency.URGENT):
        return None
    before = judge(asked.text, inbound.snapshot.context, inbound.library.rules)
    known = {finding.sign for finding in before.current}
    new = any(f.level is judgement.level and f.sign not in known for f in judgement.current)
    return replace(judgement, ask=()) if new else None


def _placed(finding: Finding, before: int) -> Finding:
    """Its place in her last message; what stands in the one `before`, so many characters long, has none in it."""
    if finding.start < before:
        return replace(finding, start=0, end=0)
    return replace(finding, start=finding.start - before, end=finding.end - before)


def _chosen(asked: Clarifying, inbound: _Inbound, together: Judgement) -> Iterator[Judgement]:
    """What her number or her yes makes of the sign; where two questions were asked it may be meant for either."""
    for reading in _readings(asked, inbound):
        yield judge_reading(reading.code, reading.value, inbound.snapshot.context, inbound.library.rules)
    line = 0 if read_yes_no(inbound.text) else read_ordinal(inbound.text, 9)
    if line is None:
        return
    if line == 0 and asked.confirm:
        yield danger.confirmed(inbound.library, together)
    for question in asked.asked:
        rule_id = inbound.library.menu.worse.get(question, {}).get(line + 1)
        if rule_id:
            yield danger.with_rule(inbound.library, together, rule_id, inbound.text)


def _readings(asked: Clarifying, inbound: _Inbound) -> Iterator[Record]:
    """What she measured when she was asked to; a number alone is the upper one of a blood pressure."""
    readings = inbound.readings
    yield from readings
    alone = arabic(key(inbound.text))
    if not readings and "ask_bp" in asked.asked and alone.isdecimal() and SYSTOLIC[0] <= int(alone) <= SYSTOLIC[1]:
        yield Record("systolic", int(alone), "mmHg", inbound.text)


def _names_another(inbound: _Inbound) -> bool:
    """Asked whether it is her own, she names whose it is."""
    lexicon = inbound.library.rules.lexicon
    return "other" in lexicon.find(lexicon.normal(inbound.text).text)[1]


def _is_plain(text: str) -> bool:
    return read_yes_no(text) is not None or read_ordinal(text, 9) is not None


def _while_held(inbound: _Inbound) -> Turn | None:
    session = inbound.session
    if session is None or not session.held or inbound.matters:
        return None
    if inbound.verb == "resume":
        again = engine.ask_again(inbound.library, inbound.snapshot, inbound.now)
        return replace(again, effects=(inbound.says(Line.RESUMED), *again.effects))
    if inbound.script:
        return _by_name(inbound)
    if not inbound.text and inbound.heard.kind not in _ARRIVALS:
        return _media(inbound)
    if inbound.verb or _is_plain(inbound.text):
        return inbound.stays(inbound.says(Line.HELD))
    return inbound.stays(inbound.says(Line.HELD), inbound.soon(Reason.UNREAD))


def _answered(inbound: _Inbound) -> Turn | None:
    """An answer to the question that waits: the script has the word, unless triage finds it more serious."""
    if not inbound.awaits_answer or _asks_for_another(inbound):
        return None
    turn = engine.reply(inbound.library, inbound.snapshot, inbound.heard, inbound.now)
    if not turn.understood:
        return None
    return _not_below(replace(inbound, judgement=_together(inbound.judgement, turn.judgement)), turn)


def _together(words: Judgement, answer: Judgement | None) -> Judgement:
    """What she wrote and what the answer that she chose means. Her script deals itself with what is not for today."""
    if answer is None:
        return words
    findings, told = (*words.findings, *answer.findings), (*words.told, *answer.told)
    acute = [one for one in (words, answer) if one.level is not None and one.level.at_least(Urgency.URGENT)]
    gravest = min(acute, key=lambda one: one.level.rank if one.level else 0, default=Judgement(None))
    return replace(gravest, findings=findings, told=told, ask=words.ask if gravest is words else ())


def _chooses(inbound: _Inbound) -> bool:
    """She answers a question that waits, and not in words of her own."""
    question = engine.question(inbound.library, inbound.snapshot, inbound.now) if inbound.awaits_answer else None
    return question is not None and question.answer is not AnswerType.TEXT


def _asks_for_another(inbound: _Inbound) -> bool:
    """A question for free text takes everything; the word of another script is meant as that word all the same."""
    if inbound.script is None or inbound.session is None:
        return False
    question = engine.question(inbound.library, inbound.snapshot, inbound.now)
    running = {inbound.session.script, *(caller.script for caller in inbound.session.callers)}
    return question is not None and question.answer is AnswerType.TEXT and inbound.script not in running


def _not_below(inbound: _Inbound, turn: Turn) -> Turn:
    """A script that sends her to hospital keeps its words; where it saw less, the safety line comes first."""
    judgement = inbound.judgement
    called = [effect for effect in turn.effects if isinstance(effect, Escalate)]
    highest = min((effect.urgency.rank for effect in called), default=Urgency.SELF_CARE.rank)
    if judgement.level is None or judgement.level.rank >= highest:
        return turn
    first = danger.safety(inbound.library, inbound.snapshot, judgement)
    rest = tuple(effect for effect in turn.effects if not isinstance(effect, Escalate))
    if highest <= Urgency.URGENT.rank and (_names_ambulance(turn) or judgement.level is not Urgency.EMERGENCY):
        raised = tuple(effect for effect in first if not isinstance(effect, Say))
        return replace(turn, effects=danger.once((*raised, *rest)))
    question = engine.question(inbound.library, inbound.snapshot, inbound.now)
    if question and not question.answer.is_menu and judgement.level.at_least(Urgency.URGENT):
        rest = tuple(effect for effect in rest if not isinstance(effect, Say))
    both = replace(turn, effects=danger.once((*first, *rest)))
    return hold(inbound.library, inbound.snapshot, both, judgement, inbound.text)


def _names_ambulance(turn: Turn) -> bool:
    return any("120" in effect.text for effect in turn.effects if isinstance(effect, Say))


def _danger(inbound: _Inbound) -> Turn | None:
    if not inbound.matters:
        return None
    turn = interrupt(inbound.library, inbound.snapshot, inbound.judgement, inbound.text)
    said = (*turn.effects, *inbound.readings)
    if inbound.awaits_answer and not must_hold(inbound.judgement):
        again = engine.ask_again(inbound.library, inbound.snapshot, inbound.now)
        return replace(again, effects=(*said, *again.effects))
    return replace(turn, effects=said)


def _by_name(inbound: _Inbound) -> Turn | None:
    """A keyword or a tap on the menu; what runs is gone on with afterwards."""
    script = inbound.script
    if script is None and inbound.heard.kind in _ARRIVALS and inbound.is_new and inbound.snapshot.session is None:
        script = inbound.library.menu.enrolment
    if script is None:
        return None
    turn = engine.aside(inbound.library, script, inbound.snapshot, inbound.now)
    return replace(turn, effects=(*turn.effects, *_left_in_doubt(inbound)))


def _left_in_doubt(inbound: _Inbound) -> tuple[Effect, ...]:
    """She turns to something else instead of saying whether a danger is her own: a human asks, as after silence."""
    asked = inbound.session.clarifying if inbound.session else None
    return doubt(inbound.library, asked) if asked else ()


def _service_word(inbound: _Inbound) -> Turn | None:
    if inbound.heard.kind in _ARRIVALS:
        return inbound.stays(inbound.says(Line.WELCOME_BACK))
    running = inbound.snapshot.session is not None
    if inbound.verb == "resume" and running:
        return engine.ask_again(inbound.library, inbound.snapshot, inbound.now)
    if inbound.verb == "thanks" and running:
        return None
    line = _LINES.get(inbound.verb or "")
    return inbound.stays(inbound.says(line)) if line else None


_LINES = {
    "help": Line.HELP,
    "start": Line.HELP,
    "thanks": Line.THANKS,
    "departed": Line.DEPARTED,
    "resume": Line.NOTHING_HELD,
}


def _media(inbound: _Inbound) -> Turn | None:
    if inbound.text:
        return None
    return inbound.stays(inbound.says(Line.MEDIA), inbound.soon(Reason.MEDIA))


def _missed(inbound: _Inbound) -> Turn | None:
    """No answer to the question that waits: it is asked again, in the end by a human."""
    if not inbound.awaits_answer:
        return None
    return engine.reply(inbound.library, inbound.snapshot, inbound.heard, inbound.now)


def _reading(inbound: _Inbound) -> Turn | None:
    """A blood pressure or a temperature of her own and now that nobody asked for, and that is no reason to worry."""
    readings = inbound.readings
    return Turn(None, (*readings, inbound.says(Line.READING))) if readings else None


def _unread(inbound: _Inbound) -> Turn:
    """Never dropped: she is told so and a nurse reads it; the second time in a row a human takes over."""
    again = inbound.snapshot.unread_misses > 0
    asked = danger.questions(inbound.library, inbound.snapshot, inbound.judgement)
    told = inbound.says(Line.UNREAD_AGAIN if again else Line.UNREAD)
    reason = inbound.soon(Reason.UNREAD_AGAIN if again else Reason.UNREAD)
    return Turn(None, (*(asked if asked and not again else (told,)), reason), understood=False)


_ORDER: tuple[Callable[[_Inbound], Turn | None], ...] = (
    _opting,
    _silent,
    _departed,
    _from_guardian,
    _clarified,
    _while_held,
    _answered,
    _danger,
    _by_name,
    _service_word,
    _media,
    _missed,
    _reading,
    _unread,
)
"""Stages before `_danger` answer danger signs themselves: none lets one pass. The last takes whatever is left."""
