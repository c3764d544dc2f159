"""Trains the second look: `make triage-model`. Prints what it does on messages that it has not seen.

It learns from the rows of `develop`. In five folds each of them is once judged by a model trained on the others, which
gives the threshold; the rows of `held_back` are judged by the model that is kept. What counts is how many messages of
danger that the rules let pass it shows to a human, and how many others a human is shown for nothing.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from dialogs.library import SECOND_LOOK_FILE, Library
from dialogs.triage import second_look
from dialogs.triage.judge import judge
from dialogs.triage.second_look import FEWEST, LONGEST, SecondLook
from models.values import Urgency
from tests.triage.corpus import rows

FOLDS, SEED = 5, 0
RAREST = 5  # messages that hold a piece
STRENGTH = 8.0
SHARE = 0.02  # of harmless messages a nurse is shown for nothing at most
_LOW = frozenset({None, Urgency.SELF_CARE})


def main() -> None:
    library = Library.load()
    known, unseen = (_Messages(library, fold) for fold in ("develop", "held_back"))
    odds = np.zeros(len(known.rows))
    for learnt, judged in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(known.texts, known.acute):
        model = _train([known.texts[i] for i in learnt], known.acute[learnt])
        odds[judged] = [model.odds(known.texts[i]) for i in judged]
    threshold = round(_threshold(known, odds), 3)
    print("-- folds of what it learnt from")
    _print(known, odds, threshold)
    trained = _train(known.texts, known.acute)
    print("-- held back")
    _print(unseen, np.array([trained.odds(text) for text in unseen.texts]), threshold)
    file = Path(second_look.__file__).with_name(SECOND_LOOK_FILE)
    file.write_text(SecondLook(trained.weights, trained.bias, threshold).written() + "\n", encoding="utf-8")
    print(f"wrote {file.name}: {len(trained.weights)} pieces of text")


class _Messages:
    """The rows of one fold as the model reads them; `low` are those that no rule takes seriously."""

    def __init__(self, library: Library, fold: str) -> None:
        self.rows = [row for row in rows() if row.fold == fold]
        self.texts = [library.rules.lexicon.normal(row.text).text for row in self.rows]
        self.acute = np.array([row.acute for row in self.rows])
        self.core = np.array([row.core for row in self.rows])
        self.low = np.array([judge(row.text, row.context, library.rules).level in _LOW for row in self.rows])


def _train(texts: Sequence[str], acute: np.ndarray) -> SecondLook:
    pieces = CountVectorizer(analyzer="char", ngram_range=(1, LONGEST), min_df=RAREST, binary=True, lowercase=False)
    counted = pieces.fit_transform(texts).astype(float)
    known = np.asarray(counted.sum(axis=1)).ravel()
    seen = diags(1 / np.sqrt(np.maximum(known, FEWEST))) @ counted
    fitted = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3000).fit(seen, acute)
    weights = dict(zip(pieces.get_feature_names_out(), fitted.coef_[0], strict=True))
    return SecondLook(weights, round(float(fitted.intercept_[0]), 3), 0.0)


def _threshold(messages: _Messages, odds: np.ndarray) -> float:
    """The lowest at which at most `SHARE` of the harmless messages are shown for nothing."""
    harmless = ~messages.acute & messages.core
    shown = np.sort(odds[harmless & messages.low])[::-1]
    return float(shown[int(SHARE * harmless.sum())]) + 0.001


def _print(messages: _Messages, odds: np.ndarray, threshold: float) -> None:
    shown = messages.low & (odds >= threshold)
    missed, harmless = messages.low & messages.acute & messages.core, messages.core & ~messages.acute
    every, passed = (roc_auc_score(messages.acute[of], odds[of]) for of in (messages.acute | True, messages.low))
    print(f"AUC over all {every:.3f}, among what the rules let pass {passed:.3f}")
    print(f"of {missed.sum()} acute core messages that the rules let pass, shown to a human {(shown & missed).sum()}")
    print(f"harmless core messages shown for nothing {(shown & harmless).sum()} of {harmless.sum()}")


if __name__ == "__main__":
    main()
