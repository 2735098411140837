"""Goldens of @aed/eval-cliplevel: random scores with the figures that scikit-learn, SciPy and NumPy give for them.

python tools/golden/make_eval_goldens.py   (writes packages/eval-cliplevel/test/golden/evaluation.json)
"""
import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

OUT = pathlib.Path(__file__).parents[2] / "packages/eval-cliplevel/test/golden/evaluation.json"
LOG_FLOOR = 2.0**-23
TOP_K = 2


def nullable(values):
    return [None if np.isnan(x) else float(x) for x in values]


def ranking(scores, tie_break):
    """Strictly ordered scores: by score, then tie break, then class order (the first wins)."""
    order = np.arange(scores.shape[1])
    ranked = np.empty_like(scores)
    for row, (s, t) in enumerate(zip(scores, tie_break)):
        ranked[row, np.lexsort((-order, t, s))] = order
    return ranked


def figures(reference, scores, tie_break, missing, probabilities=True):
    """Scikit-learn's figures; a missing item is decided for the class -1, ranked last, and scored evenly."""
    classes = scores.shape[1]
    labels = np.arange(classes)
    ranks = ranking(scores, tie_break)
    estimated = np.where(missing, -1, ranks.argmax(axis=1))
    ranks[missing, reference[missing]] = -1
    precision, recall, f1, support = precision_recall_fscore_support(
        reference, estimated, labels=labels, zero_division=np.nan
    )
    even = np.where(missing[:, None], 1 / classes, scores)
    return {
        "estimated": estimated.tolist(),
        "accuracy": accuracy_score(reference, estimated),
        "balancedAccuracy": balanced_accuracy_score(reference, estimated),
        "macroF1": f1_score(reference, estimated, labels=labels, average="macro", zero_division=np.nan),
        "topK": top_k_accuracy_score(reference, ranks, k=TOP_K, labels=labels),
        "logLoss": log_loss(reference, even, labels=labels) if probabilities else None,
        "precision": nullable(precision),
        "recall": nullable(recall),
        "f1": nullable(f1),
        "support": support.tolist(),
        "confusion": confusion_matrix(reference[~missing], estimated[~missing], labels=labels).tolist(),
    }


def case(name, rng, classes, clips, labels, max_patches, sharpness):
    """Clips with 0 to max_patches patches; the scores lean towards the label."""
    reference = rng.choice(labels, size=clips)
    counts = rng.integers(0, max_patches + 1, size=clips)
    clip_of_patch = rng.permutation(np.repeat(np.arange(clips), counts))
    logits = rng.normal(size=(len(clip_of_patch), classes)) * 2
    logits[np.arange(len(clip_of_patch)), reference[clip_of_patch]] += sharpness
    logits[:, -1] -= 20  # the last class is never decided for
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores32 = (exps / exps.sum(axis=1, keepdims=True)).astype(np.float32)
    scores = scores32.astype(np.float64)

    missing = counts == 0
    shape = (clips, classes)
    mean, log_mean, maximum, votes = (np.zeros(shape) for _ in range(4))
    for clip in range(clips):
        mine = scores[clip_of_patch == clip]
        if len(mine) == 0:
            continue
        mean[clip] = mine.mean(axis=0)
        geometric = np.exp(np.log(np.maximum(mine, LOG_FLOOR)).mean(axis=0))
        log_mean[clip] = geometric / geometric.sum()
        maximum[clip] = mine.max(axis=0)
        votes[clip] = np.bincount(mine.argmax(axis=1), minlength=classes) / len(mine)
    none = np.zeros(shape)
    patch_reference = reference[clip_of_patch]
    return {
        "name": name,
        "classes": [f"class {c}" for c in range(classes)],
        "reference": reference.tolist(),
        "clipOfPatch": clip_of_patch.tolist(),
        "scores": [float(f"{x:.9g}") for x in scores32.ravel()],
        "patch": figures(patch_reference, scores, np.zeros_like(scores), np.zeros(len(scores), dtype=bool)),
        "clip": {
            "mean": {"scores": mean.ravel().tolist(), **figures(reference, mean, none, missing)},
            "logMean": {"scores": log_mean.ravel().tolist(), **figures(reference, log_mean, none, missing)},
            "max": {"scores": maximum.ravel().tolist(), **figures(reference, maximum, none, missing, False)},
            "vote": {"scores": votes.ravel().tolist(), **figures(reference, votes, mean, missing)},
        },
    }


def bootstrap(rng, resamples=200_000):
    """Accuracy of 60 clips of 20 recordings of 1 to 5 clips; clips of a recording mostly agree."""
    sources = np.repeat(np.arange(20), np.tile([1, 2, 3, 4, 5], 4))
    easy = rng.random(20)
    correct = rng.random(len(sources)) < np.where(easy < 0.3, 0.2, 0.95)[sources]
    hits, sizes = np.bincount(sources, correct), np.bincount(sources)
    drawn = rng.integers(0, 20, size=(resamples, 20))
    accuracies = hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return {
        "sources": sources.tolist(),
        "correct": correct.tolist(),
        "interval95": np.quantile(accuracies, [0.025, 0.975]).tolist(),
        "interval50": np.quantile(accuracies, [0.25, 0.75]).tolist(),
    }


def quantiles(rng):
    values = np.sort(rng.normal(size=11))
    parts = [0, 0.025, 0.1, 0.5, 0.777, 0.975, 1]
    return {"values": values.tolist(), "parts": parts, "quantiles": np.quantile(values, parts).tolist()}


def mcnemar():
    pairs = [(0, 0), (1, 0), (3, 3), (0, 6), (10, 2), (7, 21), (40, 61), (900, 1000), (30000, 30500)]
    return [{"first": a, "second": b, "p": binomtest(a, a + b).pvalue if a + b else 1.0} for a, b in pairs]


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(3)
    goldens = {
        "madeBy": {
            "script": "tools/golden/make_eval_goldens.py",
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
            "numpy": np.__version__,
        },
        "topK": TOP_K,
        "cases": [
            case("four classes", rng, 4, 24, [0, 1, 2, 3], 5, 2.0),
            case("a class without clips", rng, 5, 20, [0, 2, 3, 4], 4, 1.0),
            case("ties of votes", rng, 6, 16, [0, 1, 2, 3, 4, 5], 2, 0.0),
        ],
        "bootstrap": bootstrap(rng),
        "quantiles": quantiles(rng),
        "mcNemar": mcnemar(),
    }
    OUT.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
