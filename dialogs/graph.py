"""A script as a Mermaid flowchart."""

from collections.abc import Iterator

from dialogs import script as kinds
from dialogs.references import ways_on
from dialogs.script import Script
from models.values import Language

_SHAPES = {"ask": ("[/", "/]"), "branch": ("{", "}"), "end": ("([", "])"), "call": ("[[", "]]")}
_LONGEST = 40


def mermaid(script: Script) -> str:
    lines = ["flowchart TD", f"  begin((begin)) --> {_id(script.start)}"]
    for name, step in script.steps.items():
        opens, closes = _SHAPES.get(step.kind, ("[", "]"))
        lines.append(f"  {_id(name)}{opens}{_quoted(_text(name, step))}{closes}")
        lines += _arrows(name, step)
    return "\n".join(lines) + "\n"


def _id(step: str) -> str:
    """`end` alone is a word of Mermaid's own."""
    return f"s_{step}"


def _text(name: str, step: kinds.Step) -> str:
    wording = getattr(step, "say", None)
    said = wording.text(Language.ZH_CN) if isinstance(wording, kinds.Wording) else step.kind
    alarm = getattr(step, "escalate", None)
    raised = f" ⚠ {alarm.urgency}" if alarm else ""
    return f"{name}: {said[:_LONGEST]}{'…' if len(said) > _LONGEST else ''}{raised}"


def _arrows(name: str, step: kinds.Step) -> Iterator[str]:
    for path, target in ways_on(step):
        yield f"  {_id(name)} -->|{_quoted(_way(step, path))}| {_id(target)}"
    if isinstance(step, kinds.Ask) and step.go:
        for choice in step.choices:
            if choice.go is None:
                yield f"  {_id(name)} -->|{_quoted(choice.label.text(Language.ZH_CN))}| {_id(step.go)}"


def _way(step: kinds.Step, path: tuple[str | int, ...]) -> str:
    match step, path:
        case kinds.Ask(), ("choices", int(index), "go"):
            return step.choices[index].label.text(Language.ZH_CN)
        case kinds.Branch(), ("when", int(index), "go"):
            return _condition(step.when[index])
        case _:
            return str(path[0])


def _condition(condition: kinds.Condition) -> str:
    tests = condition.model_dump(mode="json", by_alias=True, exclude={"of", "go"}, exclude_defaults=True)
    return " ".join([condition.of, *(f"{test} {value}" for test, value in tests.items())])


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'").replace("\n", " ") + '"'
