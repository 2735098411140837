"""Goldens of @aed/eval-cliplevel for sound events: event-based and segment-based metrics by sed_eval.

python tools/golden/make_event_goldens.py   (writes packages/eval-cliplevel/test/golden/events.json)
Needs sed_eval 0.2.1 with dcase_util 0.2.20, numpy < 2 and setuptools < 70 in an environment of their own.
"""
import json
import math
import pathlib

import numpy as np
import sed_eval

OUT = pathlib.Path(__file__).parents[2] / "packages/eval-cliplevel/test/golden/events.json"
CLASSES = ["bark", "rain", "siren", "never"]


def events(rng, count, duration, labels):
    out = []
    for _ in range(count):
        onset = round(rng.uniform(0, duration - 1), 2)
        out.append({"label": str(rng.choice(labels)), "onset": onset, "offset": round(min(duration, onset + rng.uniform(0.2, 3)), 2)})
    return out


def moved(rng, reference, duration):
    out = []
    for event in reference:
        if rng.random() < 0.2:
            continue
        onset = round(max(0, event["onset"] + rng.normal(0, 0.15)), 2)
        label = event["label"] if rng.random() < 0.8 else str(rng.choice(CLASSES[:3]))
        out.append({"label": label, "onset": onset, "offset": round(min(duration, max(onset + 0.1, event["offset"] + rng.normal(0, 0.4))), 2)})
    return out + events(rng, 3, duration, CLASSES[:3])


def nullable(value):
    return None if value is None or math.isnan(value) else float(value)


def figures(metrics, classwise_rates):
    overall = metrics.results_overall_metrics()
    average = metrics.results_class_wise_average_metrics()
    each = metrics.results_class_wise_metrics()
    f = lambda part: {"precision": nullable(part["f_measure"]["precision"]), "recall": nullable(part["f_measure"]["recall"]), "f1": nullable(part["f_measure"]["f_measure"])}
    return {
        "overall": {**f(overall), "errorRate": nullable(overall["error_rate"]["error_rate"]), "substitutionRate": nullable(overall["error_rate"]["substitution_rate"]), "deletionRate": nullable(overall["error_rate"]["deletion_rate"]), "insertionRate": nullable(overall["error_rate"]["insertion_rate"])},
        "average": f(average),
        "perClass": [{**f(each[label]), "errorRate": nullable(each[label]["error_rate"]["error_rate"]) if each[label]["count"]["Nref"] > 0 else None} for label in CLASSES],
    }


def case(name, seed, recordings, count, options):
    rng = np.random.default_rng(seed)
    data = []
    for i in range(recordings):
        duration = float(rng.integers(8, 20)) + 0.5
        reference = events(rng, count, duration, CLASSES[:3])
        data.append({"id": f"r{i}", "duration": duration, "reference": reference, "estimated": moved(rng, reference, duration)})
    by_event = sed_eval.sound_event.EventBasedMetrics(CLASSES, t_collar=options["onsetTolerance"], percentage_of_length=options["offsetTolerance"], evaluate_offset=options["matchOffset"], event_matching_type="optimal")
    by_segment = sed_eval.sound_event.SegmentBasedMetrics(CLASSES, time_resolution=options["segmentLength"])
    for one in data:
        lists = [[{"event_label": e["label"], "event_onset": e["onset"], "event_offset": e["offset"], "filename": one["id"]} for e in one[kind]] for kind in ("reference", "estimated")]
        by_event.evaluate(*lists)
        by_segment.evaluate(*lists, evaluated_length_seconds=one["duration"])
    return {"name": name, "options": options, "recordings": data, "eventBased": figures(by_event, True), "segmentBased": figures(by_segment, True)}


def main():
    cases = [
        case("defaults", 1, 4, 8, {"onsetTolerance": 0.2, "offsetTolerance": 0.5, "matchOffset": True, "segmentLength": 1.0}),
        case("onset only, wide", 2, 4, 10, {"onsetTolerance": 0.5, "offsetTolerance": 0.5, "matchOffset": False, "segmentLength": 0.5}),
        case("crowded", 3, 2, 40, {"onsetTolerance": 1.0, "offsetTolerance": 0.2, "matchOffset": True, "segmentLength": 0.1}),
    ]
    OUT.write_text(json.dumps({"madeBy": {"script": "tools/golden/make_event_goldens.py", "sed_eval": sed_eval.__version__}, "classes": CLASSES, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
