"""What a message says: which signs, of whom, now or once, denied or only asked about; and the numbers in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dialogs.triage.finding import About, Context, FindingStatus
from dialogs.triage.lexicon import Lexicon
from dialogs.triage.normalise import Normal
from dialogs.triage.numbers import Number, find_numbers
from dialogs.triage.scanner import Match
from dialogs.triage.scope import Scope

_DAYS_IN_MONTH = 30.4
_DAYS_IN_YEAR = 365
_WEEKS_APART = 2
_DUE = 40  # weeks
_VIABLE = 28  # weeks from which a birth may simply not be recorded yet


@dataclass(frozen=True, slots=True)
class Mention:
    """One sign or number in one place of the normal text. `now`: its sentence speaks of now, whoever it is about."""

    name: str
    start: int
    end: int
    status: FindingStatus
    about: About
    value: float | None = None
    now: bool = False


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
    """`text` as written. `stages` holds the records' view of where she stands and, where her words contradict it, hers
    beside it.
    """

    text: str
    normal: Normal
    stages: tuple[Stage, ...]
    mentions: tuple[Mention, ...]
    numbers: tuple[Mention, ...]


def interpret(text: str, context: Context, lexicon: Lexicon) -> Message:
    normal = lexicon.normal(text)
    found, markers = lexicon.find(normal.text)
    numbers = [n for n in find_numbers(normal.text, lexicon) if not _inside(n, markers["false_friend"])]
    scope = Scope(normal.text, markers, lexicon, [match.start for match in found])
    current = [n for n in numbers if scope.status(n.start, n.end) is FindingStatus.CURRENT]
    stage, *otherwise = _stages(context, markers, current)
    baby_born = bool(otherwise) or not stage.only_pregnant
    signs = _true_signs(found, markers, lexicon, baby_born=baby_born)
    mentions = _denied_at_the_end([_mention(sign, scope, stage, lexicon) for sign in signs], scope)
    measured = tuple(
        Mention(n.code, n.start, n.end, scope.measured(n.start, n.end), _whose(n.start, stage, scope), n.value)
        for n in numbers
    )
    return Message(text, normal, (stage, *otherwise), _settle(mentions, markers, lexicon), measured)


def _mention(sign: Match, scope: Scope, stage: Stage, lexicon: Lexicon) -> Mention:
    status = scope.of(sign)
    about = lexicon.signs[sign.key].about or _whose(sign.start, stage, scope)
    now = status is FindingStatus.OTHER_PERSON and scope.speaks_of_now(sign.start)
    return Mention(sign.key, sign.start, sign.end, status, about, now=now)


def _denied_at_the_end(mentions: list[Mention], scope: Scope) -> tuple[Mention, ...]:
    """A list may be denied behind its last member: 출혈, 두통, 부종 없음."""
    for place in range(len(mentions) - 2, -1, -1):
        mention = mentions[place]
        behind = (other.start for other in mentions[place + 1 :] if other.start >= mention.end)
        if scope.denied_behind and scope.counts_up(mention.end, next(behind, mention.start)):
            mentions[place] = replace(mention, status=FindingStatus.NEGATED)
            scope.denied_behind.add(mention.start)
    return tuple(mentions)


def _true_signs(
    found: list[Match], markers: dict[str, list[Match]], lexicon: Lexicon, *, baby_born: bool
) -> list[Match]:
    """Every sign that is no piece of a harmless word and that no longer sign hides.

    Before the birth nothing is explained by what only a newborn can have.
    """
    friends = {place: friend for friend in markers["false_friend"] for place in range(friend.start, friend.end)}
    found = [match for match in found if not _swallowed(match, friends.get(match.start))]
    hidden: dict[tuple[str, int], int] = defaultdict(int)
    for cover in found:
        sign = lexicon.signs[cover.key]
        for name in sign.hides if baby_born or sign.about != "baby" else ():
            for place in range(cover.start, cover.end):
                hidden[name, place] = max(hidden[name, place], cover.end)
    return [match for match in _outermost(found) if hidden.get((match.key, match.start), 0) < match.end]


def _outermost(found: Iterable[Match]) -> Iterator[Match]:
    """Without a sign that only repeats a part of a longer mention of itself."""
    reached: dict[str, int] = {}
    for match in found:
        if match.end > reached.get(match.key, 0):
            reached[match.key] = match.end
            yield match


def _inside(number: Number, friends: list[Match]) -> bool:
    return any(friend.start <= number.start and number.end <= friend.end for friend in friends)


def _swallowed(match: Match, friend: Match | None) -> bool:
    """A sign that begins with the harmless word and goes at least as far is not a piece of it."""
    return friend is not None and not (match.start == friend.start and match.end >= friend.end)


def _whose(start: int, stage: Stage, scope: Scope) -> About:
    """The baby when she last spoke of the baby. Before a birth the baby, and beside a newborn she herself, is meant
    only within the clause that names them.
    """
    default: About = "baby" if stage.known == {"newborn"} else "mother"
    one_clause = default == "baby" or stage.only_pregnant
    begin = scope.clause(start) if one_clause else 0
    baby, mother = scope.last("baby", begin, start + 1), scope.last("mother", begin, start + 1)
    if stage.only_pregnant and not scope.later(baby, scope.last("daughter", begin, start + 1)):
        return "mother"
    if baby is None and mother is None:
        return default
    return "baby" if scope.later(baby, mother) else "mother"


def _settle(mentions: tuple[Mention, ...], markers: dict[str, list[Match]], lexicon: Lexicon) -> tuple[Mention, ...]:
    """What was there and is said to be over is past, unless it counts for a week whatever became of it."""
    denied = {m.name: m.start for m in mentions if m.status is FindingStatus.NEGATED}
    over = [match.start for match in markers["resolved"]]
    settled = []
    for mention in mentions:
        later = denied.get(mention.name, -1) > mention.start or any(place >= mention.end for place in over)
        sign = lexicon.signs[mention.name]
        if later and mention.status is FindingStatus.CURRENT and not (sign.lasting or sign.qualifies):
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


def _stages(context: Context, markers: dict[str, list[Match]], numbers: list[Number]) -> Iterator[Stage]:
    """Where the records say that she stands; her own words where they know nothing, and beside them where they differ:
    she may have given birth, or a date was mistyped, and the worse of both counts.
    """
    recorded, said = recorded_stage(context), _said_stage(markers, numbers)
    if not recorded.known:
        yield said
        return
    yield recorded
    if _contradicts(said, recorded):
        yield said


def _contradicts(said: Stage, recorded: Stage) -> bool:
    if recorded.weeks is None:
        return False  # after a birth, weeks are those at which it was
    if said.weeks is not None:
        return abs(said.weeks - recorded.weeks) >= _WEEKS_APART
    told = said.postpartum_day is not None or said.age_days is not None
    return told or (recorded.weeks >= _VIABLE and not said.known.isdisjoint({"postpartum", "newborn"}))


def _said_stage(markers: dict[str, list[Match]], numbers: list[Number]) -> Stage:
    said = {number.code: number.value for number in numbers}
    stage = Stage(_said_weeks(said), _said_days(said, "postpartum"), _said_days(said, "age"), frozenset())
    named = frozenset(name for name in ("pregnant", "postpartum", "newborn") if markers[f"stage:{name}"])
    known = named | _known(stage)
    if stage.weeks is None and "postpartum" in known:
        known -= {"pregnant"}
    if not known and markers["stage:elsewhere"]:
        known = frozenset({"elsewhere"})
    return replace(stage, known=known)


def _said_weeks(said: dict[str, float]) -> int | None:
    if "weeks" in said:
        return int(said["weeks"])
    if "overdue_days" in said:
        return _DUE + int(said["overdue_days"]) // 7
    if "pregnancy_days" in said:
        return int(said["pregnancy_days"]) // 7
    if "pregnancy_months" in said:
        return int(said["pregnancy_months"] * _DAYS_IN_MONTH) // 7
    return None


def _said_days(said: dict[str, float], what: str) -> int | None:
    for unit, days in (
        ("days", 1.0),
        ("weeks", 7.0),
        ("months", _DAYS_IN_MONTH),
        ("years", _DAYS_IN_YEAR),
        ("hours", 1 / 24),
    ):
        if f"{what}_{unit}" in said:
            return int(said[f"{what}_{unit}"] * days)
    return None
