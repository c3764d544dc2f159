"""The rules as a table in Chinese that a clinical lead reads and signs, row by row."""

from collections.abc import Iterable, Iterator

from dialogs.library import Library
from dialogs.triage.rules import Case, Range, Rule, Term
from models.values import Language

_SIGNS = {"ge": "≥", "le": "≤", "lt": "<", "gt": ">"}


def rules_table(library: Library) -> str:
    """Markdown, one line a rule, in the order of `rules.yaml`."""
    return _Table(library).text()


class _Table:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.rules = library.rules

    def text(self) -> str:
        columns = self.says("columns").split("|")
        lines = [
            self.says("head", version=str(self.rules.data.version)),
            "",
            _line(columns),
            _line("---" for _ in columns),
        ]
        lines += [_line(self.cells(rule)) for rule in self.rules.data.rules]
        return "\n".join(lines) + "\n"

    def says(self, line: str, **places: str) -> str:
        return self.library.wording(f"table.{line}", Language.ZH_CN, places)

    def cells(self, rule: Rule) -> Iterator[str]:
        yield rule.row
        yield rule.id
        yield self.library.wording(f"sign.{rule.sign}", Language.ZH_CN, {})
        yield "<br>".join(self.holds_for(rule))
        yield "<br>".join(self.case(case) for case in self.rules.cases if case.rule is rule)
        yield self.says(f"level.{rule.level.value}")
        yield ", ".join(rule.raised_by)
        yield rule.reply or self.rules.data.replies[rule.level]
        yield ", ".join(rule.ask)
        yield ", ".join(rule.source)
        yield rule.mark
        yield rule.reviewed_by
        yield rule.reviewed_on

    def holds_for(self, rule: Rule) -> Iterator[str]:
        yield self.says(rule.about)
        if rule.about == "mother" and len(rule.stages) == 1:
            yield self.says(rule.stages[0])
        ranges = {"weeks": rule.weeks, "postpartum_days": rule.postpartum_days, "age_days": rule.age_days}
        for name, bounds in ranges.items():
            if bounds is not None:
                yield self.says(name, range=_range(bounds)) + (self.says("known") if bounds.known else "")
        for name, values in {"conditions": rule.conditions, "unless": rule.unless, "colours": rule.colours}.items():
            if values:
                yield self.says(name, names=", ".join(values))
        if rule.last_resort:
            yield self.says("last_resort")

    def case(self, case: Case) -> str:
        return "".join(self.joined(term, case.rule, first=term is case.terms[0]) for term in case.terms)

    def joined(self, term: Term, rule: Rule, *, first: bool) -> str:
        choices = [self.rules.lexicon.signs[name].name for name in sorted(term.signs)]
        choices += [
            f"{self.says(f'number.{name}')}{_SIGNS[compare.__name__]}{bound:g}" for name, compare, bound in term.numbers
        ]
        either = self.says("or").join(dict.fromkeys(choices))
        if first:
            return either
        if term.earlier:
            return self.says("earlier", hours=f"{rule.earlier.start:g}–{rule.earlier.end:g}") + either
        return self.says("absent" if term.absent else "near" if term.near else "and") + either


def _range(bounds: Range) -> str:
    if bounds.end is None:
        return f"≥{bounds.start}"
    return f"≤{bounds.end}" if bounds.start is None else f"{bounds.start}–{bounds.end}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
