"""Which words of a message reach a place in it: negators, other people, other times, questions, quotations."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from dialogs.triage.finding import FindingStatus
from dialogs.triage.lexicon import Lexicon
from dialogs.triage.scanner import Match

_LIST_MEMORY = 3
_LOOK_BACK = 40  # more than the longest negator with the longest reach
_OWN_BODY = 4  # how far into a sign the part of the body stands that it is about
_ASPECT = 3  # so soon behind a verb stands the sign that it happened once
_FIRST_HAN = "\u4e00"
_PUNCTUATION = ",.;!? :\n，。；！？："
_PAST = frozenset({"past", "long_past", "experienced"})


class Scope:
    """Clauses and sentences of one message, and which markers reach a place in it."""

    def __init__(self, text: str, markers: dict[str, list[Match]], lexicon: Lexicon, places: Sequence[int]) -> None:
        self.text = text
        self.places = places
        self.markers = markers
        self.clauses = _starts(match.span() for match in lexicon.breaks.finditer(text))
        self.sentences = _starts(match.span() for match in lexicon.sentence_breaks.finditer(text))
        self.lexicon = lexicon
        self.quotations = [match.span() for match in lexicon.quotations.finditer(text)]
        self.denied: list[tuple[int, int]] = []
        self.denied_behind: set[int] = set()
        self.negators = sorted(
            (match.start(), match.end() + reach, match.end())
            for pattern, reach in lexicon.negators
            for match in pattern.finditer(text)
        )
        self._read_persons()
        self._read_experiences()

    def of(self, sign: Match) -> FindingStatus:
        status = self.status(sign.start, sign.end)
        if status is FindingStatus.PAST and self.lexicon.signs[sign.key].history:
            return FindingStatus.CURRENT
        return status

    def speaks_of_now(self, start: int) -> bool:
        sentence = self._begin(self.sentences, start)
        end = self._sentence_end(start)
        over = self._within("long_past", sentence, end) or self._within("resolved", sentence, end)
        return not over and self._governs("present", "past", sentence, end)

    def status(self, start: int, end: int) -> FindingStatus:
        if self._negated(start, end):
            return FindingStatus.NEGATED
        return self.when(start, end)

    def when(self, start: int, end: int) -> FindingStatus:
        """Whether what stands here is told of herself and now."""
        start = max(start, self.clause(end - 1))  # what spans a comma stands in the clause where it ends
        clause, sentence = self.clause(start), self._begin(self.sentences, start)
        if self._quoted(start) or self._asked(start, clause, sentence):
            return FindingStatus.HYPOTHETICAL
        if self._of_another(start, clause, sentence) or self._governs("spouse", "self", clause, start):
            return FindingStatus.OTHER_PERSON
        if self._past(start, end, sentence):
            return FindingStatus.PAST
        return FindingStatus.CURRENT

    def measured(self, start: int, end: int) -> FindingStatus:
        """As `when`, but a number was measured, whatever she asks about it."""
        status = self.when(start, end)
        if status is not FindingStatus.HYPOTHETICAL or self._quoted(start):
            return status
        clause, sentence = self.clause(start), self._begin(self.sentences, start)
        if self._governs("hypothetical", "question_end", sentence, start):
            return status
        if self._of_another(start, clause, sentence):
            return FindingStatus.OTHER_PERSON
        return FindingStatus.PAST if self._past(start, end, sentence) else FindingStatus.CURRENT

    def _read_experiences(self) -> None:
        """没量过 tells of nothing that ever happened."""
        told = self.markers.get("experienced")
        if told:
            denied = self.lexicon.negations
            self.markers["experienced"] = [
                marker for marker in told if denied.isdisjoint(self.text[max(0, marker.start - _ASPECT) : marker.start])
            ]

    def _read_persons(self) -> None:
        """Who is spoken of: others who lead a clause, and the pronoun that goes on about one of them."""
        named = self.markers.get("other", [])
        others = [marker for marker in named if self._leads(marker)]
        if named and "proxy" not in self.markers:
            pronouns = self.markers.get("pronoun", [])
            others += [one for one in pronouns if one.start > named[0].start and self._leads(one)]
        if named:
            self.markers["other"] = sorted(others, key=_start)
        if "spouse" in self.markers:
            self.markers["spouse"] = [marker for marker in self.markers["spouse"] if self._leads(marker)]

    def _leads(self, marker: Match) -> bool:
        """Whether its clause is about this person, and not about something that happens with or through him."""
        if self.text[marker.start] < _FIRST_HAN:
            return True
        return self.lexicon.before_others.fullmatch(self.text, self.clause(marker.start), marker.start) is not None

    def _quoted(self, start: int) -> bool:
        """Somebody else's text, until she speaks of herself; or between the quotation marks of one."""
        if any(opened < start < closed for opened, closed in self.quotations):
            return True
        quoted = self.markers.get("quoted")
        return bool(quoted) and (not self.markers.get("self") or self._governs("quoted", "self", 0, start))

    def _asked(self, start: int, clause: int, sentence: int) -> bool:
        """Supposed, feared, dreamt, or the thing of which she asks what it is like, not whether she has it."""
        if self.last("asked", clause, start) or self._governs("hypothetical", "question_end", sentence, start):
            return True
        if self._governs("dreamt", "present", sentence, start):
            return True
        spoken_of = self.last("feared", clause, start) is not None or self._taught(start)
        return spoken_of and not self._within("happening", clause, self._clause_end(start))

    def _taught(self, start: int) -> bool:
        """A clause that teaches or asks what a thing is, or the one beside it in the same sentence."""
        if "educational" not in self.markers:
            return False
        return self._within("educational", self._clause_before(start), self._clause_after(start))

    def _of_another(self, start: int, clause: int, sentence: int) -> bool:
        """In the clause about another, and behind it while it was his health that was told and she does not return."""
        if self._governs("on_behalf", "self", 0, start):
            return True
        other = self.last("other", sentence, start)
        if other is None or self.later(self.last("self", sentence, start), other):
            return False
        if other.start >= clause:
            return True
        end = self._clause_end(other.start)
        if self._within("animal", other.start, other.end) and (
            self._within("baby", end, start + 1) or self.lexicon.own_body.search(self.text, end, start + _OWN_BODY)
        ):
            return False  # 狗不动了 肚子疼得打滚
        return not self._within("present", end, start) and self._tells(other, end)

    def _tells(self, other: Match, clause_end: int) -> bool:
        clause = self.text[other.end : clause_end].rstrip(_PUNCTUATION)
        return self.lexicon.other_tells.search(clause) is not None or any(
            other.start <= place < clause_end for place in self.places
        )

    def _past(self, start: int, end: int, sentence: int) -> bool:
        if self.markers.keys().isdisjoint(_PAST) or self._within("again", end, self._sentence_end(start)):
            return False
        before = self._clause_before(start)
        spoken = self.last("present", sentence, end)  # 以前一顿一百二，这两天三十毫升: the present may stand within
        if any(
            self.later(self.last(kind, since, start), spoken)
            for kind, since in (("past", before), ("long_past", sentence))
        ):
            return True
        experienced = self.last("experienced", self.clause(start), end + _ASPECT)
        if experienced is None or self._within("present", before, end):
            return False
        return self.lexicon.negations.isdisjoint(self.text[start:end])  # 没动过 is no experience

    def _negated(self, start: int, end: int) -> bool:
        """Denied by a negator before it, by one behind it, or as the next member of a denied list."""
        behind = self.lexicon.negated_after.match(self.text, end) is not None
        denied = (
            behind
            or self._negator_reaches(start)
            or any(self._continues(until, start, end) for _, until in self.denied[-_LIST_MEMORY:])
            or ("denies_all" in self.markers and self._within("denies_all", end, self._clause_after(start)))
        )
        if denied:
            self.denied.append((start, end))
        if behind:
            self.denied_behind.add(start)
        return denied

    def _continues(self, until: int, start: int, end: int) -> bool:
        """Whether a denied list goes on from `until` to the sign at [start, end)."""
        if self.lexicon.joins.fullmatch(self.text, until, start):
            return True
        return self.text[until:start].strip() == "," and self.lexicon.list_closes.match(self.text, end) is not None

    def counts_up(self, until: int, start: int) -> bool:
        """Whether a sign that ends here and one that begins there are members of a list whose end is denied."""
        return start in self.denied_behind and self.lexicon.counted_up.fullmatch(self.text, until, start) is not None

    def _negator_reaches(self, start: int) -> bool:
        begin = max(self.clause(start), start - _LOOK_BACK)
        first, behind = bisect_left(self.negators, (begin,)), bisect_left(self.negators, (start,))
        return any(
            reached >= start and not self.lexicon.denial_stops.search(self.text, end, start)
            for _, reached, end in self.negators[first:behind]
        )

    @staticmethod
    def _begin(starts: list[int], place: int) -> int:
        return starts[bisect_right(starts, place) - 1]

    def clause(self, place: int) -> int:
        return self._begin(self.clauses, place)

    def _clause_before(self, place: int) -> int:
        """Where the clause before this one begins, within the same sentence."""
        clause = self.clause(place)
        return max(self.clause(max(clause - 2, 0)), self._begin(self.sentences, place))

    def _clause_end(self, place: int) -> int:
        following = bisect_right(self.clauses, place)
        return self.clauses[following] if following < len(self.clauses) else len(self.text)

    def _clause_after(self, place: int) -> int:
        """Where the clause behind this one ends, within the same sentence."""
        return min(self._clause_end(min(self._clause_end(place), len(self.text) - 1)), self._sentence_end(place))

    def _sentence_end(self, place: int) -> int:
        following = bisect_right(self.sentences, place)
        return self.sentences[following] if following < len(self.sentences) else len(self.text)

    def _within(self, kind: str, begin: int, end: int) -> bool:
        return self.last(kind, begin, end) is not None

    def _governs(self, kind: str, ended_by: str, begin: int, start: int) -> bool:
        marker = self.last(kind, begin, start)
        return marker is not None and self.later(marker, self.last(ended_by, begin, start))

    def last(self, kind: str, begin: int, end: int) -> Match | None:
        """Markers stand in the order of the text."""
        found = self.markers.get(kind)
        if not found:
            return None
        place = bisect_left(found, end, key=_start) - 1
        return found[place] if place >= 0 and found[place].start >= begin else None

    @staticmethod
    def later(marker: Match | None, other: Match | None) -> bool:
        return marker is not None and (other is None or marker.start > other.start)


def _start(match: Match) -> int:
    return match.start


def _starts(spans: Iterable[tuple[int, int]]) -> list[int]:
    return [0, *(end for _, end in spans)]
