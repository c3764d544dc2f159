"""The nurses' roster: a sheet with Chinese or English headings, read row by row, every bad row named."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import roster_words as words
from bot.columns import Columns, find_columns
from bot.crypto import Keyring
from bot.db import Database
from bot.errors import Invalid
from bot.registration import Checked, Remark, check
from bot.registry import Change, Registered, register
from bot.sheets import Line, read_sheets

SOURCE = "roster"
REQUIRED = ({"name"}, {"phone"}, {"last_period", "due_date"})
"""Of each of these one column must be there."""

NAMED_ROWS = 12
"""How many rows a doubt names before it only counts them."""

_DATES = {"last_period", "due_date"}


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One woman of a roster. `place` is where a person finds the row: row 7, or sheet 东乡 row 7."""

    place: str
    checked: Checked
    titles: dict[str, str]

    def say(self, remark: Remark) -> str:
        return f"{self.place}, {self.titles.get(remark.field) or words.title(remark.field)}: {remark.reason}"


@dataclass(frozen=True, slots=True, repr=False)
class Roster:
    rows: tuple[Row, ...]
    ignored: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """What an import did, in lines for the person who started it; no line holds anything a woman's row said."""

    counts: Counter[Change] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    protected: list[str] = field(default_factory=list)
    doubts: dict[str, list[str]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def nothing_taken(self) -> bool:
        return bool(self.refused) and not self.counts.total() - self.counts[Change.REFUSED]

    def lines(self) -> Iterator[str]:
        yield from self.refused
        yield from (f"{place}: under 14, kept apart for the designated reporter" for place in self.protected)
        for doubt, places in self.doubts.items():
            more = f" and {len(places) - NAMED_ROWS} more" if len(places) > NAMED_ROWS else ""
            yield f"warning: {doubt} ({', '.join(places[:NAMED_ROWS])}{more})"
        if self.ignored:
            yield f"ignored columns: {', '.join(self.ignored)}"
        counted = {change: self.counts[change] for change in Change}
        yield (
            f"{'dry run, nothing written: ' if self.dry_run else ''}"
            f"{counted[Change.NEW]} new, {counted[Change.UPDATED]} updated, {counted[Change.UNCHANGED]} unchanged, "
            f"{counted[Change.REFUSED] + counted[Change.REPEATED]} refused"
            f"{f', {counted[Change.PROTECTED]} under 14' if counted[Change.PROTECTED] else ''}"
        )


def read(path: Path, today: date) -> Roster:
    """Read all sheets that have the headings of a roster. Raises Invalid when no sheet has."""
    rosters: list[tuple[str, Columns, list[Line]]] = []
    best: Columns | None = None
    sheets = 0
    for name, lines in read_sheets(path):
        sheets += 1
        columns = find_columns(lines, words.headings(), words.data()["beside"])
        if columns is None:
            continue
        if not _missing(columns):
            rosters.append((name, columns, lines))
        elif best is None or len(columns.of) > len(best.of):
            best = columns
    if not rosters:
        raise Invalid(_what_is_wrong(path, best))
    rows = tuple(
        _read_row(line, columns, f"sheet {name} row {line.number}" if sheets > 1 else f"row {line.number}", today)
        for name, columns, lines in rosters
        for line in lines
        if line.number > columns.line and _is_a_row(line, columns)
    )
    return Roster(rows, tuple(dict.fromkeys(title for _, columns, _ in rosters for title in columns.ignored)))


def import_roster(
    db: Database, keyring: Keyring, path: Path, *, now: datetime, zone: ZoneInfo, dry_run: bool = False
) -> Report:
    """Take in every good row, in one transaction. `dry_run` does the same and then takes everything back."""
    roster = read(path, now.astimezone(zone).date())
    with db.connection() as connection:
        checked = [row.checked for row in roster.rows]
        answers = register(connection, keyring, checked, source=SOURCE, now=now, zone=zone)
        if dry_run:
            connection.rollback()
    return _report(roster, answers, dry_run=dry_run)


def _report(roster: Roster, answers: list[Registered], *, dry_run: bool) -> Report:
    report = Report(ignored=roster.ignored, dry_run=dry_run)
    for row, answer in zip(roster.rows, answers, strict=True):
        report.counts[answer.change] += 1
        report.refused += [row.say(problem) for problem in answer.problems]
        if answer.repeats is not None:
            report.refused.append(f"{row.place}: the same woman as {roster.rows[answer.repeats].place}")
        if answer.change is Change.PROTECTED:
            report.protected.append(row.place)
        for warning in answer.warnings:
            title = row.titles.get(warning.field) or words.title(warning.field)
            report.doubts.setdefault(f"{title}: {warning.reason}", []).append(row.place)
    return report


def _read_row(line: Line, columns: Columns, place: str, today: date) -> Row:
    reader = words.RowReader(columns.cells(line), columns.titles)
    checked = check(reader.registration(), today)
    unread = {remark.field for remark in (*reader.problems, *reader.warnings)}
    if unread & _DATES:
        unread |= _DATES  # a date that cannot be read is not missing as well
    further = [problem for problem in checked.problems if problem.field not in unread]
    checked = replace(
        checked,
        problems=(*reader.problems, *further),
        warnings=(*reader.warnings, *(warning for warning in checked.warnings if warning.field not in unread)),
    )
    return Row(place, checked, dict(columns.titles))


def _is_a_row(line: Line, columns: Columns) -> bool:
    """Not blank, not the headings once more (as on the next printed page), not the example of the template."""
    cells = columns.cells(line)
    written = {str(cell).strip() for cell in cells.values()}
    mark = words.data()["template"]["mark"]
    return bool(cells) and not written <= set(columns.titles.values()) and not any(w.startswith(mark) for w in written)


def _missing(columns: Columns) -> list[str]:
    return [
        " or ".join(words.title(name) for name in sorted(alternatives, reverse=True))
        for alternatives in REQUIRED
        if alternatives.isdisjoint(columns.of)
    ]


def _what_is_wrong(path: Path, columns: Columns | None) -> str:
    if columns is None:
        return f"{path.name}: no line with the headings of a roster, such as {', '.join(map(words.title, _SHOWN))}"
    found = [*columns.titles.values(), *columns.ignored]
    return f"{path.name}: row {columns.line}: no column {', '.join(_missing(columns))}; found: {', '.join(found)}"


_SHOWN = ("name", "phone", "last_period", "due_date")
