"""What a well-formed script can still have wrong. Dead references are found when the library loads."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath

from dialogs import script as kinds
from dialogs.answers import key, read_ordinal
from dialogs.effects import Purpose
from dialogs.lesson import Lesson, Reader
from dialogs.library import Library, LibraryError, Released
from dialogs.references import Path, ways_on
from dialogs.script import Script, Wording
from dialogs.source import Problem
from dialogs.template import Part, Place, Template, Ways, template
from dialogs.triage.lexicon import LexiconError
from dialogs.voice import Voice
from models.values import Language, Urgency

SMS_SINGLE = 70
SMS_SEGMENT = 67
"""Characters of a UCS-2 message, and of each part of a longer one."""
_MOST_SEGMENTS = 2
_FACT_LENGTH = 8
_AMBULANCE = "120"
_FOR_STAFF = ("reason.", "sign.", "table.", "transcript.", "reading.")


def check(
    scripts_dir: Traversable | FilePath | None = None,
    *,
    menu: Traversable | FilePath | None = None,
    education: Traversable | FilePath | None = None,
) -> tuple[Problem, ...]:
    """Everything wrong with the shipped scripts and lessons, or with others: what keeps them from loading, else the
    findings.
    """
    try:
        library = Library.load(scripts_dir, menu=menu, education=education)
    except LibraryError as error:
        return error.problems
    shipped = scripts_dir is None and menu is None
    return (*findings(library), *(_patterns(library) if shipped else ()))


def findings(library: Library) -> tuple[Problem, ...]:
    of_scripts = (
        library.sources[script.id].problem(path, message)
        for script in library.scripts.values()
        for path, message in (
            *_findings(script),
            *_against_voice(script.wordings(), library.voice),
            *_unrecorded(script, library.digests),
        )
    )
    of_lessons = (
        library.sources[lesson.id].problem((*library.lesson_paths[lesson.id], *path), message)
        for lesson in library.lessons.values()
        for path, message in (*_lesson_findings(lesson, library), *_unrecorded(lesson, library.digests))
    )
    return (*of_scripts, *of_lessons, *_lines_against_voice(library))


def _patterns(library: Library) -> Iterator[Problem]:
    """A pattern of triage is compiled when it is first tried, which must not be when a woman writes."""
    try:
        library.rules.lexicon.check()
    except LexiconError as error:
        yield Problem("triage", 1, "", str(error))


def digests(live: Iterable[Script | Lesson], library: Library) -> str:
    """The content of a `digests.yaml` for these as they are; a version already recorded keeps its digest."""
    lines = ["# The content that each version was released with; `yunban dialogs check --record` adds new ones."]
    for one in sorted(live, key=lambda one: one.id):
        recorded = library.digests.get(one.id)
        kept = recorded.digest if recorded and recorded.version == one.version else one.digest()
        lines.append(f"{one.id}: {{version: {one.version}, digest: {kept}}}")
    return "\n".join(lines) + "\n"


def _findings(script: Script) -> Iterator[tuple[Path, str]]:
    yield from _unreachable(script)
    yield from _too_long(script)
    yield from _choices(script)
    yield from _emergencies(script)


def _unrecorded(one: Script | Lesson, released: Mapping[str, Released]) -> Iterator[tuple[Path, str]]:
    """What stands beside no `digests.yaml` is a draft."""
    if not released:
        return
    recorded = released.get(one.id)
    if recorded is None or recorded.version < one.version:
        yield ("version",), f"version {one.version} is not recorded: yunban dialogs check --record"
    elif recorded.version > one.version:
        yield ("version",), f"version {recorded.version} was released already"
    elif recorded.digest != one.digest():
        yield ("version",), "the content changed, but not the version"


def _against_voice(wordings: Iterable[tuple[Path, Wording]], voice: Voice) -> Iterator[tuple[Path, str]]:
    for path, wording in wordings:
        for language, text in wording.root.items():
            for message in voice.against(text, language):
                yield (*path, language.value), message


def _lines_against_voice(library: Library) -> Iterator[Problem]:
    """What the service itself says to a woman or a guardian; the other files of `wording/` are for staff."""
    for language, texts in library.texts.items():
        for line, text in texts.items():
            if not line.startswith(_FOR_STAFF):
                for message in library.voice.against(text, language):
                    yield Problem(f"wording/{language.value}", 1, line, message)


def _lesson_findings(lesson: Lesson, library: Library) -> Iterator[tuple[Path, str]]:
    voice = library.voice
    for (field, language), text in lesson.texts():
        for message in voice.against(text, language):
            yield (field, language.value), message
        if "\n" in text:
            yield (field, language.value), "a lesson has no line breaks of its own"
    for language in Language:
        if not voice.calls_somebody(lesson.call.text(language), language):
            yield ("call", language.value), "does not say whom to call or where to go"
        to_guardian = lesson.audience is Reader.GUARDIAN and language is Language.ZH_CN
        limit = voice.limits.guardian if to_guardian else voice.limits.lesson[language]
        length = len(lesson.say.text(language)) + len(lesson.call.text(language))
        if length > limit:
            yield ("say", language.value), f"too long with its call: {length} characters, {limit} fit"
    named = [("when", group.conditions) for group in lesson.when] + [("unless", frozenset(lesson.unless))]
    for field, conditions in named:
        for unknown in sorted(conditions - library.rules.data.conditions.keys()):
            yield (field,), f"no condition {unknown!r}"


def _unreachable(script: Script) -> Iterator[tuple[Path, str]]:
    reached = _reachable(script, {script.start, *([script.no_answer] if script.no_answer else [])})
    for name in script.steps:
        if name not in reached:
            yield ("steps", name), "no way leads to this step"


def _reachable(script: Script, starts: set[str]) -> set[str]:
    reached: set[str] = set()
    ahead = list(starts)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += [target for _, target in ways_on(script.steps[name])]
    return reached


def _too_long(script: Script) -> Iterator[tuple[Path, str]]:
    for name, step in script.steps.items():
        wording = getattr(step, "say", None)
        if not isinstance(wording, kinds.Wording):
            continue
        to_guardian = isinstance(step, kinds.TellGuardian)
        if not (to_guardian or script.sms):
            continue
        limit = SMS_SINGLE if to_guardian else SMS_SEGMENT * _MOST_SEGMENTS
        for language, text in wording.root.items():
            lines = [choice.label.text(language) for choice in step.choices] if isinstance(step, kinds.Ask) else []
            length = _length(template(text)) + sum(len(line) + 3 for line in lines)
            if length > limit:
                yield ("steps", name, "say"), f"too long for SMS: {length} characters, {limit} fit"


def _length(text: Template) -> int:
    """At the most; a fact counts for what it usually has."""
    return sum(map(_part_length, text.parts))


def _part_length(part: Part) -> int:
    match part:
        case Place():
            return max(len(part.alternative or ""), _FACT_LENGTH)
        case Ways():
            return max(map(_length, part.ways))
        case _:
            return len(part)


def _choices(script: Script) -> Iterator[tuple[Path, str]]:
    for name, step in script.steps.items():
        if not isinstance(step, kinds.Ask):
            continue
        seen: dict[str, int] = {}
        for index, choice in enumerate(step.choices):
            path: Path = ("steps", name, "choices", index)
            for label in choice.label.root.values():
                if seen.setdefault(key(label), index) != index:
                    yield path, f"the label {label!r} stands twice"
            for word in choice.also:
                if seen.setdefault(key(word), index) != index:
                    yield path, f"{word!r} answers for choice {seen[key(word)] + 1} too"
                if step.answer.is_menu and read_ordinal(word, len(step.choices)) not in {None, index}:
                    yield path, f"{word!r} is the number of another choice"


def _emergencies(script: Script) -> Iterator[tuple[Path, str]]:
    """Who is called an emergency hears of 120 next, and nobody is sent to hospital without a nurse being told."""
    for name, step in script.steps.items():
        if isinstance(step, kinds.End) and _is_emergency(step.escalate) and not _names_ambulance(step):
            yield ("steps", name, "say"), f"an emergency ends without {_AMBULANCE}"
        if isinstance(step, kinds.Escalate) and _is_emergency(step.escalate):
            yield from _silent_after(script, ("steps", name), step.go)
        if isinstance(step, kinds.Ask):
            for index, choice in enumerate(step.choices):
                if _is_emergency(choice.escalate):
                    yield from _silent_after(script, ("steps", name, "choices", index), choice.go or step.go)
    yield from _uncalled(script)


def _silent_after(script: Script, path: Path, target: str | None) -> Iterator[tuple[Path, str]]:
    """The first thing said after an emergency must name the ambulance, whichever way leads there."""
    ahead, seen = [target], set()
    while ahead:
        name = ahead.pop()
        if name is None or name in seen:
            continue
        seen.add(name)
        step = script.steps[name]
        if isinstance(getattr(step, "say", None), kinds.Wording) and not isinstance(step, kinds.TellGuardian):
            if not _names_ambulance(step):
                yield path, f"an emergency, but {name} does not say {_AMBULANCE}"
        elif isinstance(step, kinds.End):
            yield path, f"an emergency ends in {name} without {_AMBULANCE}"
        else:
            ahead += [following for _, following in ways_on(step)]


def _uncalled(script: Script) -> Iterator[tuple[Path, str]]:
    """Safety endings that can be reached without anybody having been called."""
    calm: set[str] = set()
    ahead = [name for name in (script.start, script.no_answer) if name]
    while ahead:
        name = ahead.pop()
        step = script.steps[name]
        if name in calm or isinstance(step, kinds.Escalate):
            continue
        calm.add(name)
        ahead += [target for path, target in ways_on(step) if not _calls(step, path)]
    for name in sorted(calm):
        step = script.steps[name]
        if isinstance(step, kinds.End) and step.purpose is Purpose.SAFETY and not step.escalate:
            yield ("steps", name), "an emergency ending can be reached without escalate"


def _calls(step: kinds.Step, path: Path) -> bool:
    match step, path:
        case kinds.Ask(), ("choices", int(index), *_):
            return step.choices[index].escalate is not None
        case _:
            return False


def _is_emergency(alarm: kinds.Alarm | None) -> bool:
    return alarm is not None and alarm.urgency is Urgency.EMERGENCY


def _names_ambulance(step: kinds.Step) -> bool:
    wording = getattr(step, "say", None)
    return isinstance(wording, kinds.Wording) and all(
        _AMBULANCE in template(text).always for text in wording.root.values()
    )
