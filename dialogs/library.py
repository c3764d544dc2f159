"""Everything the house can say, read and checked once. The only file of `dialogs` that reads files."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from dialogs.answers import key
from dialogs.lesson import Lesson, Lessons
from dialogs.lines import Label, Line, Reason, SafetyLine
from dialogs.menu import Menu
from dialogs.references import answers_of, dead_references
from dialogs.script import FACTS, Script, Wording
from dialogs.source import LibraryError, Problem, Source
from dialogs.template import template
from dialogs.triage.judge import SECOND_LOOK
from dialogs.triage.rules import RulesError, TriageRules
from dialogs.triage.second_look import SecondLook
from dialogs.voice import Voice
from models.values import Language

__all__ = ["Library", "LibraryError", "UnknownScriptError"]

_Model = TypeVar("_Model", bound=BaseModel)
_PACKAGE = files("dialogs")
SECOND_LOOK_FILE = "second_look.json"
DIGESTS_FILE = "digests.yaml"


class UnknownScriptError(LookupError):
    """No script of this id, or none of this version."""


class Released(BaseModel):
    """What a script's version was released with; see `lint`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Library:
    """Immutable, shared by all turns. `sources` are the files behind the current scripts and lessons, `digests` what
    the versions of both were released with, `lesson_paths` where a lesson stands in its file.
    """

    scripts: Mapping[str, Script]
    lessons: Mapping[str, Lesson]
    sources: Mapping[str, Source]
    lesson_paths: Mapping[str, tuple[str | int, ...]]
    menu: Menu
    rules: TriageRules
    texts: Mapping[Language, Mapping[str, str]]
    starters: Mapping[str, str]
    verbs: Mapping[str, str]
    digests: Mapping[str, Released]
    voice: Voice
    _versions: Mapping[tuple[str, int], Script]
    _general: Mapping[Language, Mapping[str, str]]

    @classmethod
    def load(
        cls,
        scripts_dir: Traversable | Path | None = None,
        earlier: Iterable[Mapping[str, Any]] = (),
        *,
        menu: Traversable | Path | None = None,
        education: Traversable | Path | None = None,
    ) -> "Library":
        """The shipped content, or other scripts, menu and lessons instead of the shipped ones. Beside other scripts
        there are only the lessons that are given.

        `earlier` are former versions of scripts as `Script.model_dump(mode="json", by_alias=True)` gave them, kept for
        dialogs that still run; one that today's schema no longer reads is left out, and its dialogs end politely.
        Raises LibraryError naming file, line and path of everything that is wrong.
        """
        sources, scripts = _scripts(scripts_dir or _PACKAGE / "scripts")
        folder = education or (None if scripts_dir else _PACKAGE / "education")
        lessons = _lessons(folder, scripts) if folder else _Read({}, {}, {})
        menu_source = _read(menu or _PACKAGE / "menu.yaml", "menu.yaml")
        chosen = _validate(menu_source, Menu)
        with _nothing_thrown_away():
            rules = _rules()
        texts, problems = _texts()
        problems += _missing_lines(texts, rules)
        problems += _dead(sources, scripts, menu_source, chosen, rules)
        problems += _contested_words(sources, scripts, lessons, chosen)
        if problems:
            raise LibraryError(problems)
        live: tuple[Script | Lesson, ...] = (*scripts.values(), *lessons.lessons.values())
        versions = {(script.id, script.version): script for script in (*_readable(earlier), *scripts.values())}
        return cls(
            MappingProxyType(scripts),
            MappingProxyType(lessons.lessons),
            MappingProxyType(sources | lessons.sources),
            lessons.paths,
            chosen,
            rules,
            texts,
            {key(word): one.id for one in live for word in one.words},
            {key(word): verb for verb, words in chosen.words for word in words},
            _digests(scripts_dir or _PACKAGE / "scripts") | (_digests(folder) if folder else {}),
            _validate(_read(_PACKAGE / "voice.yaml", "voice.yaml"), Voice),
            versions,
            {language: _general_alternatives(texts, language) for language in Language},
        )

    def script(self, script_id: str, version: int | None = None) -> Script:
        """The current version unless another is asked for. Raises UnknownScriptError."""
        lesson = self.lessons.get(script_id)
        if lesson and version in {None, lesson.version}:
            return lesson.script
        found = self.scripts.get(script_id) if version is None else self._versions.get((script_id, version))
        if found is None:
            raise UnknownScriptError(script_id if version is None else f"{script_id} version {version}")
        return found

    def wording(self, line: str, language: Language, facts: Mapping[str, str]) -> str:
        """The text under a key of `wording/`, in Chinese where `language` lacks it. Raises KeyError."""
        text = self.texts[language].get(line)
        return self.fill(self.texts[Language.ZH_CN][line] if text is None else text, language, facts)

    def say(self, wording: Wording, language: Language, facts: Mapping[str, str]) -> str:
        return self.fill(wording.text(language), language, facts)

    def fill(self, text: str, language: Language, facts: Mapping[str, str]) -> str:
        return template(text).fill(facts, self._general[language])


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """What is built here stays; to look through it again and again for garbage would be a sixth of the start."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _read(file: Traversable | Path, name: str) -> Source:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LibraryError([Problem(name, 1, "", f"cannot be read: {error}")]) from error
    return Source.parse(text, name)


def _yaml_files(directory: Traversable | Path) -> list[Any]:
    return sorted((f for f in directory.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)


def _scripts(directory: Traversable | Path) -> tuple[dict[str, Source], dict[str, Script]]:
    sources: dict[str, Source] = {}
    scripts: dict[str, Script] = {}
    problems: list[Problem] = []
    for file in _yaml_files(directory):
        if file.name in {DIGESTS_FILE, "menu.yaml"}:
            continue
        try:
            source = _read(file, f"scripts/{file.name}")
            script = _validate(source, Script)
        except LibraryError as error:
            problems += error.problems
            continue
        if f"{script.id}.yaml" != file.name:
            problems.append(source.problem(["id"], f"the file must be called {script.id}.yaml"))
        sources[script.id], scripts[script.id] = source, script
    if problems:
        raise LibraryError(problems)
    return sources, scripts


@dataclass(frozen=True, slots=True)
class _Read:
    """Lessons as read: by id, with the file of each and its path of keys in it."""

    lessons: dict[str, Lesson]
    sources: dict[str, Source]
    paths: dict[str, tuple[str | int, ...]]


def _lessons(directory: Traversable | Path, scripts: Mapping[str, Script]) -> _Read:
    read = _Read({}, {}, {})
    problems: list[Problem] = []
    for file in _yaml_files(directory):
        if file.name == DIGESTS_FILE:
            continue
        try:
            source = _read(file, f"education/{file.name}")
            items = _validate(source, Lessons).items
        except LibraryError as error:
            problems += error.problems
            continue
        for index, lesson in enumerate(items):
            if lesson.id in read.lessons or lesson.id in scripts:
                problems.append(source.problem(["items", index, "id"], f"{lesson.id!r} stands elsewhere too"))
            read.lessons[lesson.id], read.sources[lesson.id] = lesson, source
            read.paths[lesson.id] = ("items", index)
    if problems:
        raise LibraryError(problems)
    return read


def _digests(directory: Traversable | Path) -> dict[str, Released]:
    file = directory / DIGESTS_FILE
    return _validate(_read(file, f"{directory.name}/{DIGESTS_FILE}"), _Digests).root if file.is_file() else {}


class _Digests(RootModel[dict[str, Released]]):
    pass


def _validate(source: Source, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        problems = [
            source.problem(found["loc"], found["msg"].removeprefix("Value error, ")) for found in error.errors()
        ]
        raise LibraryError(problems) from error


def _readable(earlier: Iterable[Mapping[str, Any]]) -> Iterator[Script]:
    for content in earlier:
        try:
            yield Script.model_validate(content)
        except ValidationError:
            continue


@cache
def _rules() -> TriageRules:
    """Packaged and immutable, and the costliest to compile: once is enough for a process."""
    folder = _PACKAGE / "triage"
    rules, lexicon = (_read(folder / name, f"triage/{name}") for name in ("rules.yaml", "lexicon.yaml"))
    phrases = [_read(file, f"triage/phrases/{file.name}") for file in _yaml_files(folder / "phrases")]
    try:
        return TriageRules.read(rules.data, lexicon.data, [source.data for source in phrases], _second_look(folder))
    except RulesError as error:
        raise LibraryError([Problem("triage/rules.yaml", 1, "", str(error))]) from error


def _second_look(folder: Traversable) -> SecondLook | None:
    """None when no model was trained: the rules do without it."""
    file = folder / SECOND_LOOK_FILE
    try:
        return SecondLook.read(file.read_text(encoding="utf-8")) if file.is_file() else None
    except (ValueError, KeyError, AttributeError) as error:
        raise LibraryError([Problem(f"triage/{SECOND_LOOK_FILE}", 1, "", f"cannot be read: {error}")]) from error


def _texts() -> tuple[dict[Language, dict[str, str]], list[Problem]]:
    texts: dict[Language, dict[str, str]] = {language: {} for language in Language}
    problems = []
    for language, known in texts.items():
        for file in _yaml_files(_PACKAGE / "wording" / language.value):
            source = _read(file, f"wording/{language.value}/{file.name}")
            for line, text in (source.data or {}).items():
                if line in known:
                    problems.append(source.problem([line], "stands in another file too"))
                problems += _text_problems(source, line, text)
                known[line] = text
    return texts, problems


def _text_problems(source: Source, line: str, text: object) -> Iterator[Problem]:
    if not isinstance(text, str):
        yield source.problem([line], "is not a text")
        return
    try:
        places = template(text).places
    except ValueError as error:
        yield source.problem([line], str(error))
        return
    for place in places:
        if place.name not in FACTS and place.alternative is None:
            yield source.problem([line], f"{{{place.name}}} is no fact and has no alternative")


def _missing_lines(texts: Mapping[Language, Mapping[str, str]], rules: TriageRules) -> list[Problem]:
    facts = {f"fact.{fact}" for fact in FACTS}
    signs = {f"sign.{sign}" for sign in (SECOND_LOOK, *(rule.sign for rule in rules.data.rules))}
    numbers = {f"table.number.{name}" for name in (*rules.data.readings, *rules.data.changes)}
    problems = []
    for language in Language:
        needed = (
            facts | {*Label, *Line, *Reason, *SafetyLine, *signs, *numbers, *rules.wording_keys()}
            if language is Language.ZH_CN
            else facts
        )
        file = f"wording/{language.value}"
        problems += [Problem(file, 1, line, "is missing") for line in sorted(needed - texts[language].keys())]
    return problems


def _general_alternatives(texts: Mapping[Language, Mapping[str, str]], language: Language) -> dict[str, str]:
    return {fact: texts[language][f"fact.{fact}"] for fact in FACTS}


def _dead(
    sources: Mapping[str, Source], scripts: Mapping[str, Script], menu_source: Source, menu: Menu, rules: TriageRules
) -> Iterator[Problem]:
    answers = frozenset(name for script in scripts.values() for name in answers_of(script))
    for script in scripts.values():
        for path, message in dead_references(script, scripts, answers):
            yield sources[script.id].problem(path, message)
    named = [(("enrolment",), menu.enrolment), (("check_in", "script"), menu.check_in.script)]
    named += [
        (("groups", g, "items", i, "script"), item.script)  # type: ignore[misc]
        for g, group in enumerate(menu.groups)
        for i, item in enumerate(group.items)
    ]
    for path, script_id in named:
        if script_id not in scripts:
            yield menu_source.problem(path, f"no script {script_id!r}")
    for question in menu.worse.keys() - rules.wording_keys():
        yield menu_source.problem(("worse", question), "is no question of triage")
    rule_ids = {rule.id for rule in rules.data.rules}
    for question, meanings in menu.worse.items():
        for number, rule_id in meanings.items():
            if rule_id not in rule_ids:
                yield menu_source.problem(("worse", question, str(number)), f"no rule {rule_id!r}")


def _contested_words(
    sources: Mapping[str, Source], scripts: Mapping[str, Script], lessons: "_Read", menu: Menu
) -> Iterator[Problem]:
    taken = {key(word): f"the menu's {verb} words" for verb, words in menu.words for word in words}
    for script in scripts.values():
        for index, word in enumerate(script.words):
            owner = taken.setdefault(key(word), f"script {script.id}")
            if owner != f"script {script.id}":
                yield sources[script.id].problem(["words", index], f"{word!r} belongs to {owner}")
    for lesson in lessons.lessons.values():
        for index, word in enumerate(lesson.words):
            owner = taken.setdefault(key(word), f"lesson {lesson.id}")
            if owner != f"lesson {lesson.id}":
                path = [*lessons.paths[lesson.id], "words", index]
                yield lessons.sources[lesson.id].problem(path, f"{word!r} belongs to {owner}")
