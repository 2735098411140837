"""Goldens of @aed/eval-cliplevel for clips of several classes: scikit-learn's figures, NumPy's aggregation.

python tools/golden/make_multi_label_goldens.py   (writes packages/eval-cliplevel/test/golden/multi-label.json)
"""
import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, label_ranking_average_precision_score, log_loss, precision_recall_fscore_support, roc_auc_score

OUT = pathlib.Path(__file__).parents[2] / "packages/eval-cliplevel/test/golden/multi-label.json"
THRESHOLD = 0.5
LOG_FLOOR = 2.0**-23


def nullable(values):
    return [None if np.isnan(x) else float(x) for x in values]


def figures(targets, scores, decided, missing):
    """Items without scores are decided for nothing and scored 0, in the log loss 1/2."""
    even = np.where(missing[:, None], 0.5, scores)
    precision, recall, f1, support = precision_recall_fscore_support(targets, decided, zero_division=np.nan)
    labels = targets.sum(axis=1)
    return {
        "accuracy": accuracy_score(targets, decided),
        "microF1": f1_score(targets, decided, average="micro"),
        "macroF1": f1_score(targets, decided, average="macro", zero_division=np.nan),
        "precision": nullable(precision), "recall": nullable(recall), "f1": nullable(f1), "support": support.tolist(),
        "logLoss": float(np.mean([log_loss(targets[:, c], even[:, c], labels=[0, 1]) for c in range(targets.shape[1])])),
        "averagePrecision": [average_precision_score(targets[:, c], scores[:, c]) for c in range(targets.shape[1])],
        "meanAveragePrecision": average_precision_score(targets, scores, average="macro"),
        "macroRocAuc": roc_auc_score(targets, scores, average="macro"),
        "lwlrap": label_ranking_average_precision_score(targets[labels > 0], scores[labels > 0], sample_weight=labels[labels > 0]),
    }


def aggregate(kind, patches, energies):
    if len(patches) == 0:
        return None
    if kind == "mean":
        return patches.mean(axis=0)
    if kind == "logMean":
        return np.exp(np.log(np.maximum(patches, LOG_FLOOR)).mean(axis=0))
    if kind == "max":
        return patches.max(axis=0)
    if kind == "vote":
        return (patches >= THRESHOLD).mean(axis=0)
    return np.average(patches, axis=0, weights=energies)


def case(name, rng, classes, clips, steps):
    targets = (rng.random((clips, classes)) < 0.3).astype(int)
    targets[targets.sum(axis=1) == 0, 0] = 1
    counts = rng.integers(0, 4, size=clips)
    clip_of_patch = np.repeat(np.arange(clips), counts)
    scores = np.clip(rng.random((len(clip_of_patch), classes)) * 0.7 + targets[clip_of_patch] * 0.35, 0, 1)
    if steps:
        scores = np.round(scores * steps) / steps
    scores = scores.astype(np.float32)
    energies = rng.random(len(clip_of_patch)).astype(np.float32)
    weights = rng.integers(0, 4, size=clips)
    result = {
        "name": name, "classes": classes, "targets": targets.tolist(), "clipOfPatch": clip_of_patch.tolist(), "scores": [float(f"{x:.9g}") for x in scores.ravel()],
        "energies": [float(f"{x:.9g}") for x in energies], "weights": weights.tolist(),
        "patch": figures(targets[clip_of_patch], scores.astype(np.float64), (scores >= THRESHOLD).astype(int), np.zeros(len(scores), bool)),
        "clip": {},
    }
    missing = counts == 0
    for kind in ["mean", "logMean", "max", "vote", "energyMean"]:
        rows = [aggregate(kind, scores[clip_of_patch == i].astype(np.float64), energies[clip_of_patch == i].astype(np.float64)) for i in range(clips)]
        whole = np.array([np.zeros(classes) if row is None else row for row in rows])
        decided = whole >= THRESHOLD
        if kind == "vote":
            mean = np.array([np.zeros(classes) if counts[i] == 0 else scores[clip_of_patch == i].astype(np.float64).mean(axis=0) for i in range(clips)])
            decided = (whole > 0.5) | ((whole == 0.5) & (mean >= THRESHOLD))
        decided = (decided & ~missing[:, None]).astype(int)
        result["clip"][kind] = {**figures(targets, whole, decided, missing), "scores": whole.ravel().tolist()}
        result["clip"][kind]["weightedMeanAveragePrecision"] = float(np.mean([average_precision_score(targets[:, c], whole[:, c], sample_weight=weights) for c in range(classes)]))
    return result


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(16)
    cases = [case("continuous", rng, 4, 40, 0), case("ties", rng, 3, 40, 8)]
    OUT.write_text(json.dumps({"madeBy": {"script": "tools/golden/make_multi_label_goldens.py", "scikit-learn": sklearn.__version__, "numpy": np.__version__}, "threshold": THRESHOLD, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
