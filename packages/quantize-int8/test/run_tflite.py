"""Runs .tflite files with the reference kernels of LiteRT.

stdin: JSON list of {model, input, output}; input is .npy with the batch first, output k of the model is written the same way to `${output}k.npy`.
stdout: JSON list of the numbers of outputs.
"""
import json
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

counts = []
for job in json.load(sys.stdin):
    interpreter = Interpreter(model_path=job['model'], experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]['index']
    targets = [detail['index'] for detail in interpreter.get_output_details()]
    results = [[] for _ in targets]
    for item in np.load(job['input']):
        interpreter.set_tensor(source, item[None])
        interpreter.invoke()
        for result, target in zip(results, targets):
            result.append(interpreter.get_tensor(target)[0].copy())
    for k, result in enumerate(results):
        np.save(f"{job['output']}{k}.npy", np.ascontiguousarray(np.stack(result)))
    counts.append(len(targets))
json.dump(counts, sys.stdout)
