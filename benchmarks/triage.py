"""How many short messages triage judges on one core, and how long it takes to be ready.

Beside it in the same run: what the known platforms do, one search for a list of danger words that understands nothing.
"""

import re
import subprocess
import sys
import time
from statistics import median

from benchmarks.pairs import measure
from dialogs.library import Library
from dialogs.triage.judge import judge
from tests.triage.corpus import rows

SHORT = 30  # characters; what people type in one go, 24 on average
ENOUGH, READY = 5_000, 0.5
ROUNDS, STARTS = 3, 5
WORDS = (
    "流血|出血|见红|破水|羊水|胎动|宫缩|抽搐|晕倒|头疼|头痛|眼花|发烧|"
    "胸闷|喘不上气|肚子疼|肚子痛|不想活|自杀|黄疸|不吃奶|叫不醒"
)
READ = """
import time
begun = time.process_time()
from dialogs.library import Library
Library.load()
print(time.process_time() - begun)
"""


def main() -> None:
    rules = Library.load().rules
    messages = [(row.text, row.context) for row in rows() if len(row.text) <= SHORT]
    words = re.compile(WORDS)

    def judging() -> float:
        begun = time.process_time()
        for _ in range(ROUNDS):
            for text, context in messages:
                judge(text, context, rules)
        return (time.process_time() - begun) / ROUNDS / len(messages)

    def searching() -> float:
        begun = time.process_time()
        for _ in range(ROUNDS):
            for text, _context in messages:
                words.search(text)
        return (time.process_time() - begun) / ROUNDS / len(messages)

    pairs = measure(judging, searching)
    usual = median(pairs.ours)
    length = sum(len(text) for text, _ in messages) / len(messages)
    print(f"{len(messages)} messages of {length:.0f} characters on average, goal {ENOUGH:,} a second of one core:")
    print(f"usually {1 / usual:,.0f}, at best {1 / min(pairs.ours):,.0f}, at worst {1 / max(pairs.ours):,.0f}")
    print(f"beside a search for a list of words: {pairs.median:.0f} x (worst {max(pairs.ratios):.0f} x)")
    ready = sorted(float(_run(READ)) for _ in range(STARTS))
    yaml_only = float(
        _run("import time; b = time.process_time(); import yaml, pydantic; print(time.process_time() - b)")
    )
    print(
        f"ready after {ready[STARTS // 2]:.2f} s (worst {ready[-1]:.2f}, goal {READY}); "
        f"its libraries alone {yaml_only:.2f} s"
    )


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
