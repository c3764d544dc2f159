"""What a message says: which signs, of whom, now or once, denied or only asked about; and the numbers in it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dialogs.triage.finding import About, Context, FindingStatus
from dialogs.triage.lexicon import Lexicon, Match
from dialogs.triage.normalise import Normal
from dialogs.triage.numbers import Number, find_numbers

_DAYS_IN_MONTH = 30.4
_LIST_MEMORY = 3
_LOOK_BACK = 40  # more than the longest negator with the longest reach
_LOOK_AHEAD = 8  # a negator is told by what follows it


@dataclass(frozen=True, slots=True)
class Mention:
    """One sign or one number in one place of the normal text."""

    name: str
    start: int
    end: int
    status: FindingStatus
    about: About
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where she stands, from the records or, failing them, from her own words; None is unknown."""

    weeks: int | None
    postpartum_day: int | None
    age_days: int | None
    known: frozenset[str]

    @property
    def only_pregnant(self) -> bool:
        return self.known == {"pregnant"}


@dataclass(frozen=True, slots=True)
class Message:
    normal: Normal
    stage: Stage
    mentions: tuple[Mention, ...]
    numbers: tuple[Mention, ...]


def interpret(text: str, context: Context, lexicon: Lexicon) -> Message:
    normal = lexicon.normal(text)
    found, markers = lexicon.find(normal.text)
    numbers = list(find_numbers(normal.text, lexicon))
    scope = _Scope(normal.text, markers, lexicon)
    stage = _stage(context, markers, [n for n in numbers if scope.status(n.start, n.end) is FindingStatus.CURRENT])
    mentions = tuple(
        Mention(m.key, m.start, m.end, scope.status(m.start, m.end), scope.about(m, stage, lexicon))
        for m in _true_signs(found, markers, lexicon)
    )
    measured = tuple(
        Mention(n.code, n.start, n.end, scope.when(n.start), scope.whose(n.start, stage), n.value) for n in numbers
    )
    return Message(normal, stage, _settle(mentions, markers, lexicon), measured)


def _true_signs(found: list[Match], markers: dict[str, list[Match]], lexicon: Lexicon) -> list[Match]:
    """Every sign that is no piece of a harmless word and that no longer sign hides."""
    friends = {place: friend for friend in markers["false_friend"] for place in range(friend.start, friend.end)}
    found = [match for match in found if not _swallowed(match, friends.get(match.start))]
    hidden: dict[tuple[str, int], int] = defaultdict(int)
    for cover in found:
        for name in lexicon.signs[cover.key].hides:
            for place in range(cover.start, cover.end):
                hidden[name, place] = max(hidden[name, place], cover.end)
    return [match for match in found if hidden.get((match.key, match.start), 0) < match.end]


def _swallowed(match: Match, friend: Match | None) -> bool:
    """A sign that begins with the harmless word and goes at least as far is not a piece of it."""
    return friend is not None and not (match.start == friend.start and match.end >= friend.end)


class _Scope:
    """Clauses and sentences of one message, and which markers reach a place in it."""

    def __init__(self, text: str, markers: dict[str, list[Match]], lexicon: Lexicon) -> None:
        self.text = text
        self.markers = markers
        self.clauses = _starts(match.span() for match in lexicon.breaks.finditer(text))
        self.sentences = _starts(match.span() for match in lexicon.sentence_breaks.finditer(text))
        self.lexicon = lexicon
        self.denied: list[tuple[int, int]] = []

    def status(self, start: int, end: int) -> FindingStatus:
        if self._negated(start, end):
            return FindingStatus.NEGATED
        return self.when(start)

    def when(self, start: int) -> FindingStatus:
        """Whether what stands here is told of herself and now."""
        clause, before, sentence = self._clause(start), self._clause_before(start), self._begin(self.sentences, start)
        if self._quoted(start) or self._last("educational", clause, self._clause_end(start)):
            return FindingStatus.HYPOTHETICAL
        if self._last("asked", clause, start) or self._governs("hypothetical", "question_end", sentence, start):
            return FindingStatus.HYPOTHETICAL
        if self._governs("other", "self", before, start) or self._governs("spouse", "self", clause, start):
            return FindingStatus.OTHER_PERSON
        if self._governs("past", "present", before, start):
            return FindingStatus.PAST
        return FindingStatus.CURRENT

    def _quoted(self, start: int) -> bool:
        """Somebody else's text, until she speaks of herself."""
        quoted = self.markers.get("quoted")
        return bool(quoted) and (not self.markers.get("self") or self._governs("quoted", "self", 0, start))

    def about(self, match: Match, stage: Stage, lexicon: Lexicon) -> About:
        return lexicon.signs[match.key].about or self.whose(match.start, stage)

    def whose(self, start: int, stage: Stage) -> About:
        """The baby when she last spoke of the baby. Before a birth the baby, and beside a newborn she herself, is
        meant only within the clause that names them.
        """
        default: About = "baby" if stage.known == {"newborn"} else "mother"
        one_clause = default == "baby" or stage.only_pregnant
        begin = self._clause(start) if one_clause else 0
        baby, mother = self._last("baby", begin, start + 1), self._last("mother", begin, start + 1)
        if baby is None and mother is None:
            return default
        return "baby" if self._later(baby, mother) else "mother"

    def _negated(self, start: int, end: int) -> bool:
        """Denied by a negator before it, by one behind it, or as the next member of a denied list."""
        denied = (
            self._negator_reaches(start)
            or self.lexicon.negated_after.match(self.text, end) is not None
            or any(self.lexicon.joins.fullmatch(self.text, until, start) for _, until in self.denied[-_LIST_MEMORY:])
        )
        if denied:
            self.denied.append((start, end))
        return denied

    def _negator_reaches(self, start: int) -> bool:
        begin, seen = max(self._clause(start), start - _LOOK_BACK), start + _LOOK_AHEAD
        return any(
            match.start() < start <= match.end() + reach
            for pattern, reach in self.lexicon.negators
            for match in pattern.finditer(self.text, begin, seen)
        )

    @staticmethod
    def _begin(starts: list[int], place: int) -> int:
        return starts[bisect_right(starts, place) - 1]

    def _clause(self, place: int) -> int:
        return self._begin(self.clauses, place)

    def _clause_before(self, place: int) -> int:
        """Where the clause before this one begins, within the same sentence."""
        clause = self._clause(place)
        return max(self._clause(max(clause - 2, 0)), self._begin(self.sentences, place))

    def _clause_end(self, place: int) -> int:
        following = bisect_right(self.clauses, place)
        return self.clauses[following] if following < len(self.clauses) else len(self.text)

    def _governs(self, kind: str, ended_by: str, begin: int, start: int) -> bool:
        return self._later(self._last(kind, begin, start), self._last(ended_by, begin, start))

    def _last(self, kind: str, begin: int, end: int) -> Match | None:
        """Markers stand in the order of the text."""
        found = self.markers.get(kind)
        if not found:
            return None
        place = bisect_left(found, end, key=_start) - 1
        return found[place] if place >= 0 and found[place].start >= begin else None

    @staticmethod
    def _later(marker: Match | None, other: Match | None) -> bool:
        return marker is not None and (other is None or marker.start > other.start)


def _start(match: Match) -> int:
    return match.start


def _starts(spans: Iterable[tuple[int, int]]) -> list[int]:
    return [0, *(end for _, end in spans)]


def _settle(mentions: tuple[Mention, ...], markers: dict[str, list[Match]], lexicon: Lexicon) -> tuple[Mention, ...]:
    """What was there and is said to be over is past, unless it counts for a week whatever became of it."""
    denied = {m.name: m.start for m in mentions if m.status is FindingStatus.NEGATED}
    over = [match.start for match in markers["resolved"]]
    settled = []
    for mention in mentions:
        later = denied.get(mention.name, -1) > mention.start or any(place >= mention.end for place in over)
        if later and mention.status is FindingStatus.CURRENT and not lexicon.signs[mention.name].lasting:
            settled.append(replace(mention, status=FindingStatus.PAST))
        else:
            settled.append(mention)
    return tuple(settled)


def recorded_stage(context: Context, measured: Sequence[Mention] = ()) -> Stage:
    """What the records say; a reading of a baby means that there is one."""
    weeks = context.gestational_age.weeks if context.gestational_age is not None else None
    stage = Stage(weeks, context.postpartum_day, context.newborn_age_days, frozenset())
    if stage.age_days is None and any(mention.about == "baby" for mention in measured):
        return replace(stage, known=_known(stage) | {"newborn"})
    return replace(stage, known=_known(stage))


def _known(stage: Stage) -> frozenset[str]:
    named = (("pregnant", stage.weeks), ("postpartum", stage.postpartum_day), ("newborn", stage.age_days))
    return frozenset(name for name, value in named if value is not None)


def _stage(context: Context, markers: dict[str, list[Match]], numbers: list[Number]) -> Stage:
    recorded = recorded_stage(context)
    if recorded.known:
        return recorded
    said = {number.code: number.value for number in numbers}
    stage = Stage(_said_weeks(said), _said_days(said, "postpartum"), _said_days(said, "age"), frozenset())
    named = frozenset(name for name in ("pregnant", "postpartum", "newborn") if markers[f"stage:{name}"])
    known = named | _known(stage)
    if stage.weeks is None and "postpartum" in known:
        known -= {"pregnant"}
    return replace(stage, known=known)


def _said_weeks(said: dict[str, float]) -> int | None:
    if "weeks" in said:
        return int(said["weeks"])
    if "pregnancy_days" in said:
        return int(said["pregnancy_days"]) // 7
    if "pregnancy_months" in said:
        return int(said["pregnancy_months"] * _DAYS_IN_MONTH) // 7
    return None


def _said_days(said: dict[str, float], what: str) -> int | None:
    for unit, days in (("days", 1.0), ("weeks", 7.0), ("months", _DAYS_IN_MONTH), ("hours", 1 / 24)):
        if f"{what}_{unit}" in said:
            return int(said[f"{what}_{unit}"] * days)
    return None
