"""Golden files of the int8 operators: what LiteRT's reference kernels make of small networks.

usage: make_int8_goldens.py            (from anywhere; needs node_modules, numpy, ai-edge-litert)
The cases are those of packages/quantize-int8/test/operator-cases.ts, written as .tflite files by our own writer and run here by the
real interpreter. Inputs and outputs go to packages/quantize-int8/test/golden as .npy, with MANIFEST.json.
"""
import hashlib
import importlib.metadata
import json
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / 'packages' / 'quantize-int8'
TARGET = PACKAGE / 'test' / 'golden'


def run(model, batch):
    """The model's output for each item of a batch, by the reference kernels."""
    interpreter = Interpreter(model_path=str(model), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0]['index'], interpreter.get_output_details()[0]['index']
    results = []
    for item in batch:
        interpreter.set_tensor(source, item[None])
        interpreter.invoke()
        results.append(interpreter.get_tensor(target)[0].copy())
    return np.stack(results)


def write_cases(folder):
    """Bundles the TypeScript of the cases for Node and lets it write them."""
    script = folder / 'write-cases.mjs'
    subprocess.run([ROOT / 'node_modules/.bin/esbuild', PACKAGE / 'test/write-operator-cases.ts', '--bundle', '--platform=node', '--format=esm',
                    '--conditions=@aed/source', '--log-level=warning', f'--outfile={script}'], check=True)
    subprocess.run(['node', script, folder], check=True)
    return sorted(folder.glob('*.tflite'))


def main():
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    manifest = {
        'reference': 'ai-edge-litert ' + importlib.metadata.version('ai-edge-litert') + ', OpResolverType.BUILTIN_REF',
        'made_by': 'tools/golden/make_int8_goldens.py',
        'cases': {},
    }
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for model in write_cases(folder):
            batch = np.load(folder / f'{model.stem}-in.npy')
            result = np.ascontiguousarray(run(model, batch))
            for suffix, array in (('in', batch), ('out', result)):
                np.save(TARGET / f'{model.stem}-{suffix}.npy', array)
            digest = hashlib.sha256(result.tobytes()).hexdigest()[:16]
            manifest['cases'][model.stem] = {'shape': list(result.shape), 'dtype': str(result.dtype), 'sha256': digest}
    (TARGET / 'MANIFEST.json').write_text(json.dumps(manifest, indent=1) + '\n')
    print(len(manifest['cases']), 'cases')


if __name__ == '__main__':
    main()
