"""Goldens of @aed/eval-cliplevel: curves, average precision, lwlrap and calibration by scikit-learn.

python tools/golden/make_ranking_goldens.py   (writes packages/eval-cliplevel/test/golden/ranking.json)
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

OUT = pathlib.Path(__file__).parents[2] / "packages/eval-cliplevel/test/golden/ranking.json"
BINS = 10


def case(name, rng, items, classes, density, steps):
    targets = (rng.random((items, classes)) < density).astype(int)
    targets[0] = 0
    scores = np.clip(rng.random((items, classes)) * 0.7 + targets * 0.3, 0, 1)
    if steps:
        scores = np.round(scores * steps) / steps  # ties
    scores = scores.astype(np.float32)
    y, s = targets[:, 0], scores[:, 0]
    fpr, tpr, thresholds = roc_curve(y, s, drop_intermediate=False)
    precision, recall, _ = precision_recall_curve(y, s)
    labels = targets.sum(axis=1)
    true, predicted = calibration_curve(y, s, n_bins=BINS)
    return {
        "name": name, "classes": classes, "targets": targets.ravel().tolist(), "scores": [float(f"{x:.9g}") for x in scores.ravel()],
        "averagePrecision": [average_precision_score(targets[:, c], scores[:, c]) for c in range(classes)],
        "rocAuc": [roc_auc_score(targets[:, c], scores[:, c]) for c in range(classes)],
        "meanAveragePrecision": average_precision_score(targets, scores, average="macro"),
        "macroRocAuc": roc_auc_score(targets, scores, average="macro"),
        "lwlrap": label_ranking_average_precision_score(targets[labels > 0], scores[labels > 0], sample_weight=labels[labels > 0]),
        "roc": {"fpr": fpr[1:].tolist(), "tpr": tpr[1:].tolist(), "thresholds": thresholds[1:].tolist()},
        "pr": {"precision": precision[:-1][::-1].tolist(), "recall": recall[:-1][::-1].tolist()},
        "calibration": {"bins": BINS, "accuracy": true.tolist(), "confidence": predicted.tolist()},
    }


def main():
    rng = np.random.default_rng(8)
    cases = [case("multi-label", rng, 60, 5, 0.3, 0), case("many ties", rng, 40, 4, 0.4, 8), case("int8 steps", rng, 80, 3, 0.2, 256)]
    OUT.write_text(json.dumps({"madeBy": {"script": "tools/golden/make_ranking_goldens.py", "scikit-learn": sklearn.__version__}, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
