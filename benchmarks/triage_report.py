"""How triage does on messages with labels: `make triage-report`. It measures and judges nothing."""

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from dialogs.library import Library
from dialogs.triage.finding import Judgement
from dialogs.triage.judge import judge
from models.values import Urgency
from tests.triage.corpus import Row, rows

SHARED = Path(__file__).parents[2] / "shared" / "eval"
ACT = frozenset({Urgency.EMERGENCY, Urgency.URGENT})
SEEN = ACT | {Urgency.SOON}
FOLDS = ("develop", "held_back")


def main() -> None:
    library = Library.load()
    if SHARED.is_dir():
        print("-- shared development set")
        _shared()
    judged = [(row, judge(row.text, row.context, library.rules)) for row in rows()]
    for fold in FOLDS:
        print(f"-- corpus, {fold}")
        _figures([(row, judgement) for row, judgement in judged if row.fold == fold])
    print("-- corpus, by language, held back")
    for lang in ("zh", "ko", "en"):
        print(lang)
        _figures([(r, j) for r, j in judged if r.lang == lang and r.fold == "held_back"])
    _by_sign(judged)
    _by_trap(judged)
    _confusion(judged)


Judged = tuple[Row, Judgement]


def _shared() -> None:
    messages = SHARED / "triage-dev.jsonl"
    with messages.open("rb") as asked, tempfile.NamedTemporaryFile(suffix=".jsonl") as answered:
        yunban = Path(sys.executable).with_name("yunban")
        subprocess.run([yunban, "triage", "--jsonl"], stdin=asked, stdout=answered, check=True)
        score = [sys.executable, SHARED / "score.py", messages, answered.name]
        print(subprocess.run(score, capture_output=True, text=True, check=True).stdout, end="")


def _figures(judged: Collection[Judged]) -> None:
    core = [(row, judgement) for row, judgement in judged if row.core]
    _share("EMERGENCY told to act now", _of(core, "EMERGENCY"), ACT)
    _share("  of these judged emergency", _of(core, "EMERGENCY"), {Urgency.EMERGENCY})
    _share("URGENT told to act now", _of(core, "URGENT"), ACT)
    _share("URGENT reaches a human", _of(core, "URGENT"), SEEN)
    _share("false alarm", _of(core, "ROUTINE"), ACT)
    _share("  among traps", [one for one in _of(core, "ROUTINE") if one[0].traps], ACT)
    _share("ROUTINE shown to a nurse as soon", _of(core, "ROUTINE"), {Urgency.SOON})


def _of(judged: Iterable[Judged], urgency: str) -> list[Judged]:
    return [(row, judgement) for row, judgement in judged if row.urgency == urgency]


def _share(name: str, judged: Collection[Judged], levels: Collection[Urgency]) -> None:
    hits = sum(judgement.seen_as in levels for _, judgement in judged)
    print(f"  {name:42}{hits:5}/{len(judged):<5}{100 * hits / max(len(judged), 1):6.1f} %")


def _by_sign(judged: Collection[Judged]) -> None:
    print("-- corpus, by sign: told to act now, reaches a human, of all core rows that are acute")
    _by(judged, lambda row: row.signs if row.acute and row.core else (), (ACT, SEEN))


def _by_trap(judged: Collection[Judged]) -> None:
    print("-- corpus, by trap: false alarms of ROUTINE core rows")
    _by(judged, lambda row: row.traps if not row.acute and row.core else (), (ACT,))


def _by(
    judged: Collection[Judged], kinds: Callable[[Row], Iterable[str]], levels: Iterable[Collection[Urgency]]
) -> None:
    groups: dict[str, list[Judgement]] = {}
    for row, judgement in judged:
        for kind in kinds(row):
            groups.setdefault(kind, []).append(judgement)
    for kind, judgements in sorted(groups.items()):
        hits = "".join(f"{sum(j.seen_as in wanted for j in judgements):5}" for wanted in levels)
        print(f"  {kind:32}{hits} /{len(judgements):4}")


def _confusion(judged: Collection[Judged]) -> None:
    """Emergency and urgent differ mostly by a choice of the project (D1.9): which rule and which mark chose."""
    print("-- corpus, emergency against urgent, by the rule that chose (mark P is a project choice to be signed)")
    chosen: Counter[str] = Counter()
    for row, judgement in judged:
        if row.core and row.acute and judgement.level in ACT and judgement.level != row.urgency.lower():
            top = judgement.current[0]
            chosen[f"{row.urgency} judged {judgement.level} by {top.rule} {top.sign}"] += 1
    for line, times in chosen.most_common():
        print(f"  {times:3} {line}")


if __name__ == "__main__":
    main()
