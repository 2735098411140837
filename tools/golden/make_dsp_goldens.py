"""Goldens of @aed/dsp-mel: what librosa gives, in float64, for synthetic signals and every value of every option.

python tools/golden/make_dsp_goldens.py   (writes packages/dsp-mel/test/golden/*.npy and MANIFEST.json)

The options stand in the manifest under the names of @aed; `kind` says what the array of a case is:
  window   librosa.filters.get_window                        [winLength] float64
  filters  librosa.filters.mel, its own float32              [nMels, bins]
  mel      librosa.feature.melspectrogram                    [nMels, frames]
  logmel   power_to_db / amplitude_to_db of that             [nMels, frames]
  patches  dB re each patch's own maximum                    [n, nMels, patchLength]
  symmetric    scipy.signal.get_window, fftbins=False       [winLength] float64
  stft         librosa.stft                                 [2, bins, frames]: real, imaginary
  spectrogram  |stft| ** power                              [bins, frames]
  powerToDb    power_to_db / amplitude_to_db of a mel golden
  mfcc         librosa.feature.mfcc(S=...) of a powerToDb golden
  delta        librosa.feature.delta of a powerToDb golden
  standardize  sklearn's StandardScaler of each band of a powerToDb golden; `statistics` is [2, bands]: mean, std
The last four name as `input` the golden that they are made of.
`frames` lists how many frames librosa.stft gives, null where it raises.
"""
import hashlib
import json
import pathlib
import warnings

import librosa
import numpy as np
import scipy
import sklearn
from sklearn.preprocessing import StandardScaler

OUT = pathlib.Path(__file__).parents[2] / "packages/dsp-mel/test/golden"
DEFAULTS = dict(
    nFft=1024, hopLength=320, winLength=None, window="hann", center=True, padMode="constant", power=2, nMels=64,
    fmin=20, fmax=7500, melNorm="slaney", melScale="slaney", dbRef="clip", amin=1e-10, topDb=80,
)
SMALL = dict(nFft=256, hopLength=100, nMels=12)


def signals():
    rng = np.random.default_rng(7)
    t = np.arange(1500) / 16000
    sweep = 0.6 * np.sin(2 * np.pi * (200 * t + 36000 * t * t)) + 0.01 * rng.standard_normal(t.size)
    sweep[500:900] *= 1e-3  # quiet enough for the floors to matter
    sweep[900:1000] = 0
    return {
        "sweep": sweep.astype(np.float32),
        "burst": np.concatenate([np.zeros(1200), rng.standard_normal(1000) * np.exp(-np.arange(1000) / 150), np.zeros(1800)]).astype(np.float32),
        "silence": np.zeros(1000, np.float32),
        "faint": (1e-6 * rng.standard_normal(1000)).astype(np.float32),
        "short": rng.standard_normal(37).astype(np.float32),
        "two": np.float32([0.5, -0.25]),
        "one": np.float32([0.5]),
    }


def mel_power(y, rate, o):
    return librosa.feature.melspectrogram(
        y=y.astype(np.float64), sr=rate, n_fft=o["nFft"], hop_length=o["hopLength"], win_length=o["winLength"],
        window=o["window"], center=o["center"], pad_mode=o["padMode"], power=float(o["power"]), n_mels=o["nMels"],
        fmin=o["fmin"], fmax=o["fmax"], htk=o["melScale"] == "htk", norm=o["melNorm"], dtype=np.float64,
    )


def to_db(s, o, ref, top_db):
    convert, amin = (librosa.power_to_db, o["amin"]) if o["power"] == 2 else (librosa.amplitude_to_db, np.sqrt(o["amin"]))
    return convert(s.copy(), ref=ref, amin=amin, top_db=top_db)  # amplitude_to_db squares in place


def log_mel(s, o):
    ref, top = o["dbRef"], o["topDb"]
    if ref == "clip":
        return to_db(s, o, np.max, top)
    if ref == "running":
        loudest = np.maximum.accumulate(s.max(axis=0))
        db = np.stack([to_db(s[:, i], o, loudest[i], None) for i in range(s.shape[1])], axis=1)
    else:
        db = to_db(s, o, ref, None)
    return db if top is None else np.maximum(db, -top)


CASES = [  # kind, signal, rate, options
    *[("mel", "sweep", 16000, {**SMALL, **o}) for o in (
        dict(), dict(power=1), dict(melScale="htk"), dict(melNorm=None), dict(melScale="htk", melNorm=None),
        dict(window="hamming"), dict(window="blackman"), dict(window="rectangular"), dict(padMode="reflect"), dict(padMode="edge"),
        dict(center=False), dict(winLength=200), dict(winLength=81, window="hamming"), dict(winLength=1), dict(hopLength=400),
        dict(fmin=0, fmax=None), dict(fmax=12000), dict(fmin=4000, fmax=5000, nMels=3),
        dict(padMode="reflect", hopLength=128, nFft=256), dict(padMode="reflect", hopLength=250, nFft=500),
    )],
    *[("mel", "sweep", 16000, dict(nFft=n, hopLength=max(150, n // 2), nMels=4, fmin=0)) for n in (
        2, 3, 4, 5, 6, 8, 9, 10, 15, 16, 20, 25, 30, 32, 36, 64, 72, 100, 125, 128, 135, 200, 243, 250, 300, 360, 375, 400, 480, 486,
        512, 625, 640, 750, 768, 1000, 1080, 1125, 1200, 1250, 1296, 1536, 2048, 2187, 4096, 4500)],
    *[("mel", s, 16000, {**SMALL, "padMode": p}) for s in ("short", "two", "one") for p in ("constant", "reflect", "edge")],
    ("mel", "sweep", 8000, dict(SMALL, fmax=4000)), ("mel", "sweep", 44100, dict(nFft=2048, hopLength=441, nMels=16, fmax=None)),
    ("mel", "sweep", 22050, dict(nFft=400, hopLength=220, winLength=300, nMels=20, fmax=None, melScale="htk")),
    *[("logmel", s, 16000, {}) for s in ("burst", "faint", "silence")],
    *[("logmel", "burst", 16000, {**SMALL, **o}) for o in (
        dict(), dict(power=1), dict(topDb=20), dict(topDb=None), dict(topDb=0), dict(amin=1e-3), dict(amin=1e-3, power=1), dict(dbRef="running"),
        dict(dbRef="running", power=1, topDb=30), dict(dbRef="running", topDb=None), dict(dbRef=1), dict(dbRef=0.01), dict(dbRef=1e-12, topDb=None), dict(dbRef=0.1, power=1, topDb=60),
    )],
    *[("logmel", "silence", 16000, {**SMALL, "dbRef": r}) for r in ("clip", "running", 1, 1e-13)],
    *[("patches", s, 16000, {**SMALL, "hopLength": 64, **o}) for s, o in (("burst", {}), ("burst", dict(power=1, topDb=40)), ("silence", {}))],
]
PATCHES = dict(patchLength=13, patchOverlap=0.3, includeLastPatch=True)  # step 13 - floor(3.9) = 10


def result(kind, y, rate, o):
    s = mel_power(y, rate, o)
    if kind == "mel":
        return s
    if kind == "logmel":
        return log_mel(s, o)
    starts = [*range(0, s.shape[1] - 13 + 1, 10), s.shape[1] - 13]
    return np.stack([to_db(s[:, i:i + 13], o, np.max, o["topDb"]) for i in starts])


STFT = [  # signal, options
    *[("sweep", dict(nFft=64, hopLength=200, **o)) for o in (
        dict(), dict(symmetric=True), dict(center=False), dict(padMode="reflect"), dict(padMode="edge"), dict(winLength=41, window="hamming"),
        dict(winLength=40, window="blackman", symmetric=True), dict(window="rectangular"))],
    *[("sweep", dict(nFft=n, hopLength=400)) for n in (2, 4, 6, 15, 45, 128, 250)],
    ("one", dict(nFft=16, hopLength=8)), ("short", dict(nFft=128, hopLength=8, padMode="reflect")),
]


def short_time_fourier(y, o):
    length = o.get("winLength") or o["nFft"]
    shape = dict(hann="hann", hamming="hamming", blackman="blackman", rectangular="boxcar")[o.get("window", "hann")]
    return librosa.stft(
        y.astype(np.float64), n_fft=o["nFft"], hop_length=o["hopLength"], win_length=length, center=o.get("center", True), pad_mode=o.get("padMode", "constant"),
        window=scipy.signal.get_window(shape, length, fftbins=not o.get("symmetric", False)),
    )


def derived(waves, names, put):
    for window in ("hann", "hamming", "blackman", "boxcar"):
        for n in (1, 2, 3, 24, 25):
            name = "rectangular" if window == "boxcar" else window
            yield dict(kind="symmetric", options=dict(window=name, winLength=n), file=put(f"symmetric_{name}_{n}", scipy.signal.get_window(window, n, fftbins=False)))
    for i, (signal, o) in enumerate(STFT):
        s = short_time_fourier(waves[signal], o)
        yield dict(kind="stft", signal=names[signal], sampleRate=16000, options=o, file=put(f"stft_{i}", np.stack([s.real, s.imag]).astype(np.float32)))
    for power in (1, 2):
        o = dict(nFft=90, hopLength=300)
        s = np.abs(short_time_fourier(waves["burst"], o)) ** power
        yield dict(kind="spectrogram", signal=names["burst"], sampleRate=16000, options=dict(o, power=power), file=put(f"spectrogram_{power}", s.astype(np.float32)))
    mel = mel_power(waves["sweep"], 16000, {**DEFAULTS, **SMALL}).astype(np.float32)
    source = put("mel_input", mel)
    mel = mel.astype(np.float64)
    for i, o in enumerate((dict(), dict(ref=0.01), dict(ref="max"), dict(topDb=20), dict(topDb=None), dict(amin=1e-3), dict(power=1), dict(power=1, ref=2, amin=1e-6, topDb=50))):
        full = {**DEFAULTS, "topDb": 80, "ref": 1, **o}
        ref = np.max if full["ref"] == "max" else full["ref"]
        yield dict(kind="powerToDb", input=source, options=o, file=put(f"powerToDb_{i}", to_db(mel, full, ref, full["topDb"]).astype(np.float32)))
    log = to_db(mel, DEFAULTS, 1, 80).astype(np.float32)
    source, log = put("log_input", log), log.astype(np.float64)
    for i, o in enumerate((dict(), dict(nMfcc=1), dict(nMfcc=12), dict(nMfcc=8, lifter=22), dict(nMfcc=8, lifter=0.7))):
        full = dict(nMfcc=12) | o
        yield dict(kind="mfcc", input=source, options=full, file=put(f"mfcc_{i}", librosa.feature.mfcc(S=log, n_mfcc=full["nMfcc"], lifter=full.get("lifter", 0)).astype(np.float32)))
    deltas = [dict(), dict(width=3), dict(order=2), dict(order=3, width=5), dict(width=15), *[dict(mode=m, width=w) for m in ("nearest", "mirror", "constant", "wrap") for w in (5, 33)]]
    for i, o in enumerate(deltas):
        full = dict(width=9, order=1, mode="interp") | o
        # savgol_filter refuses nothing for the other modes: windows longer than the signal are legal there.
        yield dict(kind="delta", input=source, options=o, file=put(f"delta_{i}", librosa.feature.delta(log, **full).astype(np.float32)))
    scaler = StandardScaler().fit(log.T)
    yield dict(kind="standardize", input=source, options={}, statistics=put("standardize_statistics", np.stack([scaler.mean_, np.sqrt(scaler.var_)])),
               file=put("standardize", scaler.transform(log.T).T.astype(np.float32)))


def frame_counts():
    rows = []
    for n_fft in (2, 5, 8, 9, 16):
        for hop in (1, 3, 4, 8, 11, 20):
            for center, mode in ((True, "constant"), (True, "reflect"), (True, "edge"), (False, "constant")):
                counts = []
                for n in range(1, 41):
                    try:
                        counts.append(librosa.stft(np.ones(n), n_fft=n_fft, hop_length=hop, center=center, pad_mode=mode).shape[1])
                    except librosa.util.exceptions.ParameterError:
                        counts.append(None)
                rows.append(dict(nFft=n_fft, hopLength=hop, center=center, padMode=mode, counts=counts))
    return rows


def main():
    warnings.simplefilter("ignore")
    for old in OUT.glob("*"):
        old.unlink()
    files = {}

    def put(name, array):
        np.save(OUT / f"{name}.npy", np.ascontiguousarray(array))
        files[f"{name}.npy"] = hashlib.sha256((OUT / f"{name}.npy").read_bytes()).hexdigest()
        return f"{name}.npy"

    cases = []
    for window in ("hann", "hamming", "blackman", "rectangular"):
        for n in (1, 2, 25, 64):
            cases.append(dict(kind="window", options=dict(window=window, winLength=n),
                              file=put(f"window_{window}_{n}", librosa.filters.get_window(window, n, fftbins=True))))
    for i, o in enumerate((dict(), dict(melScale="htk"), dict(melNorm=None), dict(fmin=0, fmax=None, nMels=5), dict(nFft=75, fmax=8000, nMels=9), dict(nMels=24))):
        full = {**DEFAULTS, "nFft": 128, "nMels": 10, **o}
        bank = librosa.filters.mel(sr=16000, n_fft=full["nFft"], n_mels=full["nMels"], fmin=full["fmin"], fmax=full["fmax"],
                                   htk=full["melScale"] == "htk", norm=full["melNorm"])
        cases.append(dict(kind="filters", sampleRate=16000, options={k: full[k] for k in ("nFft", "nMels", "fmin", "fmax", "melScale", "melNorm")}, file=put(f"filters_{i}", bank)))
    waves = signals()
    names = {name: put(f"signal_{name}", y) for name, y in waves.items()}
    for i, (kind, signal, rate, options) in enumerate(CASES):
        array = result(kind, waves[signal], rate, {**DEFAULTS, **options})
        case = dict(kind=kind, signal=names[signal], sampleRate=rate, options=options, file=put(f"{kind}_{i}", array.astype(np.float32)))
        if kind == "patches":
            case["patches"] = PATCHES
        cases.append(case)
    cases += derived(waves, names, put)
    manifest = dict(
        generator="tools/golden/make_dsp_goldens.py", sklearn=sklearn.__version__, librosa=librosa.__version__, numpy=np.__version__, scipy=scipy.__version__,
        cases=cases, frames=frame_counts(), sha256=files,
    )
    lines = [f"{json.dumps(k)}: " + (json.dumps(v) if not isinstance(v, list) else "[\n" + ",\n".join(json.dumps(x) for x in v) + "\n]") for k, v in manifest.items()]
    (OUT / "MANIFEST.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
