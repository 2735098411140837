"""Goldens of @aed/audio: small recordings of synthetic sounds with what libsndfile reads from them, silences as librosa splits them, and a chirp
resampled by soxr.

python tools/golden/make_audio_goldens.py   (writes packages/audio/test/golden)
"""
import hashlib
import json
import pathlib

import librosa
import numpy as np
import soundfile as sf
import soxr

OUT = pathlib.Path(__file__).parents[2] / "packages/audio/test/golden"
RATE = 22050
WAV = [("WAV", s) for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")] + [("WAVEX", s) for s in ("PCM_16", "PCM_24", "FLOAT")]


def stereo(rng, n, rate=RATE):
    t = np.arange(n) / rate
    left = 0.5 * np.sin(2 * np.pi * 440 * t) + 0.01 * rng.standard_normal(n)
    right = 0.4 * np.sin(2 * np.pi * 1000 * t)
    return np.stack([left, right], axis=1)


def recordings(rng, files):
    """Files of every sample format; `_read` is what libsndfile reads, [channels, frames]."""
    for container, subtype in WAV:
        name = f"{container}_{subtype}".lower()
        path = OUT / f"{name}.wav"
        sf.write(path, stereo(rng, 64), RATE, format=container, subtype=subtype)
        files.append(dict(file=path.name, read=save(f"{name}_read", sf.read(path, dtype="float32")[0].T)))
    for name, channels, n in (("vorbis_stereo", 2, 6000), ("vorbis_mono", 1, 3001)):
        path = OUT / f"{name}.ogg"
        sf.write(path, stereo(rng, n)[:, :channels], RATE, format="OGG", subtype="VORBIS")
        files.append(dict(file=path.name, read=save(f"{name}_read", sf.read(path, dtype="float32", always_2d=True)[0].T)))


def compressed(rng, files):
    """Files of the other codecs; `_read` is what libsndfile reads. Opus knows few rates."""
    cases = [("flac_16_stereo", "FLAC", "PCM_16", 22050, 2, 5000), ("flac_24_mono", "FLAC", "PCM_24", 48000, 1, 2500), ("flac_8_mono", "FLAC", "PCM_S8", 11025, 1, 5000)]
    cases += [("mp3_stereo", "MP3", "MPEG_LAYER_III", 44100, 2, 3000), ("mp3_mono", "MP3", "MPEG_LAYER_III", 16000, 1, 2500)]
    cases += [("opus_stereo", "OGG", "OPUS", 48000, 2, 3000), ("opus_mono", "OGG", "OPUS", 48000, 1, 2500)]
    for name, container, subtype, rate, channels, n in cases:
        read = "int16" if subtype in ("PCM_16", "PCM_S8") else "float32"  # lossless: exact
        path = OUT / f"{name}.{dict(FLAC='flac', MP3='mp3', OGG='opus')[container]}"
        sf.write(path, stereo(rng, n, rate)[:, :channels], rate, format=container, subtype=subtype)
        files.append(dict(file=path.name, read=save(f"{name}_read", sf.read(path, dtype=read, always_2d=True)[0].T), sampleRate=rate))


def silences(rng, cases):
    """Bursts and pauses over 100 dB, split by librosa; 16-bit, so that both sides read the same numbers."""
    for i, (length, frame, top_db) in enumerate([(3200, 160, 60), (3333, 160, 40), (1999, 100, 20), (90, 160, 60), (3200, 161, 30), (1600, 160, 60)]):
        steps = np.repeat(10 ** rng.uniform(-5, 0, length // 200 + 1), 200)[:length]
        y = np.round(steps * rng.uniform(-1, 1, length) * 32767).astype(np.int16)
        if i == 5:
            y[:] = 0
        split = librosa.effects.split(y.astype(np.float32) / 32768, top_db=top_db, frame_length=frame, hop_length=frame)
        cases.append(dict(wave=save(f"silence_{i}", y), trimFrameLength=frame, trimSilenceDb=top_db, intervals=split.tolist()))


def trims(silences, cases):
    """The same waves trimmed, with librosa's own frames (overlapping) and with frame = hop."""
    for case in silences:
        y = np.load(OUT / case["wave"]).astype(np.float32) / 32768
        for frame, hop in ((case["trimFrameLength"], case["trimFrameLength"]), (2 * case["trimFrameLength"], case["trimFrameLength"] // 2), (64, 50)):
            start, end = librosa.effects.trim(y, top_db=case["trimSilenceDb"], frame_length=frame, hop_length=hop)[1]
            cases.append(dict(wave=case["wave"], topDb=case["trimSilenceDb"], frameLength=frame, hopLength=hop, interval=[int(start), int(end)]))


def resampled(cases):
    """Band-limited chirps, so that the steepness of the filters makes no difference; whole signal, edges included."""
    for rate_in, rate_out in ((44100, 16000), (48000, 16000), (8000, 16000), (16000, 22050), (44101, 16000)):
        n = rate_in // 20
        t = np.arange(n) / rate_in
        stop = 0.4 * min(rate_in, rate_out)
        y = (0.5 * np.hanning(n) * np.sin(2 * np.pi * (100 * t + (stop - 100) / (2 * t[-1]) * t * t))).astype(np.float32)
        z = librosa.resample(y, orig_sr=rate_in, target_sr=rate_out, res_type="soxr_vhq")
        cases.append(dict(inRate=rate_in, outRate=rate_out, wave=save(f"chirp_{rate_in}", y), resampled=save(f"chirp_{rate_in}_{rate_out}", z)))


def save(name, array):
    np.save(OUT / f"{name}.npy", np.ascontiguousarray(array))
    return f"{name}.npy"


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    manifest = dict(made_by="tools/golden/make_audio_goldens.py", librosa=librosa.__version__, soundfile=sf.__version__, soxr=soxr.__version__, libsndfile=sf.__libsndfile_version__, recordings=[], compressed=[], silences=[], trims=[], resampled=[])
    recordings(rng, manifest["recordings"])
    silences(rng, manifest["silences"])
    resampled(manifest["resampled"])
    compressed(rng, manifest["compressed"])
    trims(manifest["silences"], manifest["trims"])
    manifest["sha256"] = {p.name: hashlib.sha256(p.read_bytes()).hexdigest()[:16] for p in sorted(OUT.iterdir()) if p.name != "MANIFEST.json"}
    (OUT / "MANIFEST.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
