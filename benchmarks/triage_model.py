"""Trains the second look on the corpus: `make triage-model`. Prints first what it does on folds it has not seen.

Each row's turn comes once to be judged by a model trained on the other four fifths. What counts is how many messages
of danger that the rules let pass it shows to a human, and how many others a human is shown for nothing.
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
from tests.triage.corpus import Row, rows

FOLDS, SEED = 5, 0
RAREST = 3  # messages that hold a piece
STRENGTH = 8.0
SHARE = 0.02  # of harmless messages a nurse is shown for nothing at most
_LOW = frozenset({None, Urgency.SELF_CARE})


def main() -> None:
    library = Library.load()
    corpus = list(rows())
    texts = [library.rules.lexicon.normal(row.text).text for row in corpus]
    acute = np.array([row.acute for row in corpus])
    odds = np.zeros(len(corpus))
    for learnt, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(texts, acute):
        model = _train([texts[i] for i in learnt], acute[learnt])
        odds[unseen] = [model.odds(texts[i]) for i in unseen]
    low = np.array([judge(row.text, row.context, library.rules).level in _LOW for row in corpus])
    threshold = _threshold(corpus, odds, low)
    _print(corpus, odds, low, threshold)
    trained = _train(texts, acute)
    file = Path(second_look.__file__).with_name(SECOND_LOOK_FILE)
    file.write_text(SecondLook(trained.weights, trained.bias, round(threshold, 3)).written() + "\n", encoding="utf-8")
    print(f"wrote {file.name}: {len(trained.weights)} pieces of text")


def _train(texts: Sequence[str], acute: np.ndarray) -> SecondLook:
    pieces = CountVectorizer(analyzer="char", ngram_range=(1, LONGEST), min_df=RAREST, binary=True, lowercase=False)
    counted = pieces.fit_transform(texts).astype(float)
    known = np.asarray(counted.sum(axis=1)).ravel()
    seen = diags(1 / np.sqrt(np.maximum(known, FEWEST))) @ counted
    fitted = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3000).fit(seen, acute)
    weights = dict(zip(pieces.get_feature_names_out(), fitted.coef_[0], strict=True))
    return SecondLook(weights, round(float(fitted.intercept_[0]), 3), 0.0)


def _threshold(corpus: Sequence[Row], odds: np.ndarray, low: np.ndarray) -> float:
    """The lowest at which at most `SHARE` of the harmless messages are shown for nothing."""
    harmless = np.array([not row.acute and row.core for row in corpus])
    shown = np.sort(odds[harmless & low])[::-1]
    return float(shown[int(SHARE * harmless.sum())]) + 0.001


def _print(corpus: Sequence[Row], odds: np.ndarray, low: np.ndarray, threshold: float) -> None:
    core = np.array([row.core for row in corpus])
    acute = np.array([row.acute for row in corpus])
    shown = low & (odds >= threshold)
    missed = low & acute & core
    print(f"AUC over all {roc_auc_score(acute, odds):.3f}, among what the rules let pass {roc_auc_score(acute[low], odds[low]):.3f}")
    print(f"of {missed.sum()} acute core messages that the rules let pass, shown to a human {(shown & missed).sum()}")
    harmless = core & ~acute
    print(f"harmless core messages shown for nothing {(shown & harmless).sum()} of {harmless.sum()}")


if __name__ == "__main__":
    main()
