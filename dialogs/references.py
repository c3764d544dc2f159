"""What a script refers to, and which of it does not exist."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from dialogs import script as kinds
from dialogs.script import FACTS, RECORDS, Script
from dialogs.template import template

Path: TypeAlias = tuple[str | int, ...]
_ANSWER_FIELDS = {
    kinds.Identify: ("name", "phone", "due_date", "last_period"),
    kinds.Guardian: ("name", "relation", "phone"),
    kinds.Outcome: ("on",),
}


def answers_of(script: Script) -> Iterator[str]:
    """The names of the answers that a run of the script may leave behind."""
    for step in script.steps.values():
        match step:
            case kinds.Ask():
                yield from (name for name in (step.record, step.keep) if name)
                for choice in step.choices:
                    yield from choice.record
                    yield from choice.keep
            case kinds.Record():
                yield from step.record
                yield from step.sum


def ways_on(step: kinds.Step) -> Iterator[tuple[Path, str]]:
    """Each step that may come after this one, with the path of keys that says so."""
    for field in ("go", "otherwise", "no_answer"):
        target = getattr(step, field, None)
        if target:
            yield (field,), target
    if isinstance(step, kinds.Branch):
        yield from ((("when", index, "go"), condition.go) for index, condition in enumerate(step.when))
    if isinstance(step, kinds.Ask):
        yield from ((("choices", index, "go"), choice.go) for index, choice in enumerate(step.choices) if choice.go)


def dead_references(
    script: Script, scripts: Mapping[str, Script], answers: frozenset[str]
) -> Iterator[tuple[Path, str]]:
    """The path of keys and a complaint for each step, script, answer, fact or translation that does not exist."""
    for path, target in _steps_named(script):
        if target not in script.steps:
            yield path, f"no step {target!r}"
    for name, step in script.steps.items():
        if isinstance(step, kinds.Call | kinds.BeginLater) and step.script not in scripts:
            yield ("steps", name, "script"), f"no script {step.script!r}"
        for path, answer in _answers_used(step):
            if answer not in answers:
                yield ("steps", name, *path), f"no answer {answer!r} is recorded or kept anywhere"
        for path, subject in _subjects(step):
            if subject not in FACTS | RECORDS | answers:
                yield ("steps", name, *path), f"no answer, fact or record {subject!r}"
    yield from _dead_places(script, answers)
    yield from _untranslated(script)


def _steps_named(script: Script) -> Iterator[tuple[Path, str]]:
    yield ("start",), script.start
    if script.no_answer:
        yield ("no_answer",), script.no_answer
    for name, step in script.steps.items():
        yield from ((("steps", name, *path), target) for path, target in ways_on(step))


def _subjects(step: kinds.Step) -> Iterator[tuple[Path, str]]:
    if isinstance(step, kinds.Branch):
        yield from ((("when", index, "of"), condition.of) for index, condition in enumerate(step.when))


def _answers_used(step: kinds.Step) -> Iterator[tuple[Path, str]]:
    for field in _ANSWER_FIELDS.get(type(step), ()):
        if name := getattr(step, field):
            yield (field,), name
    if isinstance(step, kinds.Record):
        for total, parts in step.sum.items():
            yield from ((("sum", total, index), part) for index, part in enumerate(parts))


def _dead_places(script: Script, answers: frozenset[str]) -> Iterator[tuple[Path, str]]:
    for path, text in texts_of(script):
        try:
            places = template(text).places
        except ValueError as error:
            yield path, str(error)
            continue
        for place in places:
            if place.name in FACTS:
                continue
            if place.name not in answers:
                yield path, f"no fact or answer {{{place.name}}}"
            elif place.alternative is None:
                yield path, f"the answer {{{place.name}}} needs an alternative: {{{place.name}|…}}"


def _untranslated(script: Script) -> Iterator[tuple[Path, str]]:
    for path, wording in script.wordings():
        for language in script.languages:
            if not wording.root.get(language):
                yield path, f"has no text in {language.value}, which the script promises"


def texts_of(script: Script) -> Iterator[tuple[Path, str]]:
    """Every text with places: wordings in each language, and reasons."""
    for path, wording in script.wordings():
        for language, text in wording.root.items():
            yield (*path, language.value), text
    for name, step in script.steps.items():
        if isinstance(step, kinds.Escalate | kinds.End) and step.escalate:
            yield ("steps", name, "escalate", "reason"), step.escalate.reason
        if isinstance(step, kinds.Ask):
            for index, choice in enumerate(step.choices):
                if choice.escalate:
                    yield ("steps", name, "choices", index, "escalate", "reason"), choice.escalate.reason
