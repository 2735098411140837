"""Goldens of the temporal statistics of @aed/dsp-mel, in numpy and scipy alone: modulation and moments of the log-mel, band envelopes, and those that run along a stream.

python tools/golden/make_temporal_goldens.py              writes packages/dsp-mel/test/temporal/*.npy and MANIFEST.json
python tools/golden/make_temporal_goldens.py --live       reads cases {samples, logMel, bands} as JSON from stdin, prints their statistics

The definitions are those of recipe R's prototype; of logMelLevels and envelopeLevels those that @aed/core states. logMel is [bands, frames] float32, samples float32 at 16 kHz.
"""
import hashlib
import json
import pathlib
import sys

import numpy as np
import scipy
from scipy.signal import butter, lfilter, sosfilt

OUT = pathlib.Path(__file__).parents[2] / "packages/dsp-mel/test/temporal"
BANDS = [butter(2, [60, 400], "band", fs=16000, output="sos"), butter(2, [400, 1200], "band", fs=16000, output="sos"),
         butter(2, [1200, 3000], "band", fs=16000, output="sos"), butter(2, 3000, "high", fs=16000, output="sos")]
EDGES = [0.4, 1, 2, 4, 8, 16, 32, 64, 125.1]


def autocorrelation(x, floor):
    n = len(x)
    power = np.abs(np.fft.rfft(x, 2 * n, axis=0)) ** 2
    pairs = np.maximum(n - np.arange(n), 1)
    ac = np.fft.irfft(power, axis=0)[:n] / (pairs if x.ndim == 1 else pairs[:, None])
    return ac / (ac[0] + floor)


def rise(h):
    return (h - np.minimum.accumulate(h, 0)).max(0)


def modulation(log_mel):
    levels = log_mel.T.astype("f8")
    frames, bands = levels.shape
    groups = 10 * np.log10((10 ** (levels / 10)).reshape(frames, 16, bands // 16).mean(2) + 1e-9)
    x = np.concatenate([groups.reshape(frames, 8, 2).mean(2), levels.mean(1)[:, None]], 1)
    x = x - x.mean(0)
    sd = x.std(0) + 0.5
    ac = autocorrelation(x, 1.0)
    return np.concatenate([np.log(sd), (x**3).mean(0) / sd**3, np.log((x**4).mean(0) / sd**4 + 0.5), ac[3:60].max(0), rise(ac[3:60]), ac[1], ac[2], ac[5]])


def moments(log_mel):
    x = log_mel.astype("f8")
    return np.concatenate([x.mean(1), x.std(1), x.max(1), np.sqrt((np.diff(x, axis=1) ** 2).mean(1))])


def envelopes(samples):
    y = samples.astype("f8")
    n = len(y) // 64
    out = []
    for sos in BANDS:
        e = (sosfilt(sos, y)[: n * 64].reshape(n, 64) ** 2).mean(1)
        x = 10 * np.log10(e / (e.max() + 1e-20) + 1e-6)
        d = x - x.mean()
        sd = d.std() + 0.3
        w = np.hanning(n)
        power, f = np.abs(np.fft.rfft(d * w)) ** 2 / (n * (w**2).mean()), np.fft.rfftfreq(n, 0.004)
        ac, df = autocorrelation(d, 0.5), np.diff(x)
        up, k = np.sort(df), max(1, n // 100)
        out += [*np.percentile(x, [5, 25, 50, 75, 90, 97]), x.mean(), np.log(sd), (d**3).mean() / sd**3, np.log((d**4).mean() / sd**4 + 0.5),
                *(np.log(power[(f >= a) & (f < c)].sum() * 2 / n + 0.05) for a, c in zip(EDGES[:-1], EDGES[1:])),
                rise(ac[3:12]), rise(ac[8:30]), rise(ac[20:90]), rise(ac[60:300]), ac[1], ac[3], ac[10], ac[30],
                np.log(df.std() + 0.1), (df**3).mean() / (df.std() + 0.3) ** 3, np.log((df**4).mean() / (df.std() + 0.3) ** 4 + 0.5), up[-k], up[k]]
    return np.array(out)


def shape(x, step, floor):
    d = (x - x.mean()) * step
    sd = d.std() + floor
    return [np.log2(sd), (d**3).mean() / sd**3, np.log2((d**4).mean() / sd**4 + 0.5)]


def levels(log_mel):
    x = log_mel.T.astype("f8")
    x = np.concatenate([x.reshape(len(x), 8, -1).mean(2), x.mean(1)[:, None]], 1)
    out = []
    for series in x.T:
        d = series - series.mean()
        ac = np.array([(d[k:] * d[: len(d) - k]).mean() if k < len(d) else 0 for k in range(60)]) / ((d**2).mean() + 1)
        far = ac[3 : min(60, len(d))]
        out += [*shape(series, 1, 0.5), far.max() if len(far) else 0, rise(far) if len(far) else 0, ac[1], ac[2], ac[5]]
    return np.array(out)


def stream_envelopes(samples):
    x = samples.astype("f8")
    low = [lfilter([a], [1, a - 1], x) for a in 1 - np.exp(-2 * np.pi * np.array([60, 400, 1200, 3000]) / 16000)]
    n = len(x) // 64
    step = 10 * np.log10(2) / 8
    out = []
    for y in [low[1] - low[0], low[2] - low[1], low[3] - low[2], x - low[3]]:
        power = (y[: n * 64].reshape(n, 64) ** 2).mean(1) + 2.0**-32
        level = np.minimum(255, np.floor(8 * np.log2(power) + 256.5))
        steps = np.diff(level)
        filters = [butter(1, [a, b], "band", fs=250, output="sos") for a, b in zip(EDGES[:-2], EDGES[1:-1])] + [butter(1, 64, "high", fs=250, output="sos")]
        out += [step * level.mean(), *shape(level, step, 0.5), step * (level.max() - level.mean()),
                *(np.log2(step**2 * (sosfilt(sos, level - level[0]) ** 2).mean() + 0.05) for sos in filters),
                *shape(steps, step, 0.3), step * steps.max(), step * steps.min()]
    return np.array(out)


def signals():
    rng = np.random.default_rng(11)
    t = np.arange(24000) / 16000
    return {
        "clicks": np.where(np.arange(24000) % 4000 < 40, 0.8, 0.002) * rng.standard_normal(24000),
        "warble": np.sin(2 * np.pi * 700 * t + 20 * np.sin(2 * np.pi * 6 * t)) * (1 + np.sin(2 * np.pi * 11 * t)),
        "odd": rng.standard_normal(64 * 71 + 13) * np.linspace(1, 0.01, 64 * 71 + 13),
        "silence": np.zeros(5000),
    }


def log_mels():
    rng = np.random.default_rng(12)
    beat = -40 + 20 * np.sin(2 * np.pi * np.arange(90) / 17)[None, :] + 6 * rng.standard_normal((64, 90))
    return {"beat": np.clip(beat, -80, 0), "short": np.clip(-60 + 15 * rng.standard_normal((32, 6)), -80, 0), "flat": np.full((16, 40), -80.0)}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*"):
        old.unlink()
    files = {}

    def put(name, array):
        np.save(OUT / f"{name}.npy", np.ascontiguousarray(array))
        files[f"{name}.npy"] = hashlib.sha256((OUT / f"{name}.npy").read_bytes()).hexdigest()
        return f"{name}.npy"

    cases = []
    for name, y in signals().items():
        y = y.astype(np.float32)
        cases.append(dict(kind="bandEnvelopes", input=put(f"samples_{name}", y), file=put(f"envelopes_{name}", envelopes(y))))
        cases.append(dict(kind="envelopeLevels", input=f"samples_{name}.npy", file=put(f"envelope_levels_{name}", stream_envelopes(y))))
    for name, p in log_mels().items():
        p = p.astype(np.float32)
        put(f"log_mel_{name}", p)
        cases.append(dict(kind="logMelModulation", input=f"log_mel_{name}.npy", file=put(f"modulation_{name}", modulation(p))))
        cases.append(dict(kind="logMelLevels", input=f"log_mel_{name}.npy", file=put(f"levels_{name}", levels(p))))
        cases.append(dict(kind="logMelMoments", input=f"log_mel_{name}.npy", file=put(f"moments_{name}", moments(p))))
    manifest = dict(generator="tools/golden/make_temporal_goldens.py", numpy=np.__version__, scipy=scipy.__version__, cases=cases, sha256=files)
    (OUT / "MANIFEST.json").write_text(json.dumps(manifest, indent=1) + "\n")


def live():
    out = []
    for case in json.load(sys.stdin):
        p = np.array(case["logMel"], np.float32).reshape(case["bands"], -1)
        y = np.array(case["samples"], np.float32)
        out.append(dict(logMelModulation=modulation(p).tolist(), logMelMoments=moments(p).tolist(), logMelLevels=levels(p).tolist(), bandEnvelopes=envelopes(y).tolist(), envelopeLevels=stream_envelopes(y).tolist()))
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    live() if "--live" in sys.argv else main()
