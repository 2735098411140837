"""Runs .tflite files with the reference kernels of LiteRT.

stdin: JSON list of {model, input, output}; input is .npy with the batch first, output is written the same way.
"""
import json
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

for job in json.load(sys.stdin):
    interpreter = Interpreter(model_path=job['model'], experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0]['index'], interpreter.get_output_details()[0]['index']
    results = []
    for item in np.load(job['input']):
        interpreter.set_tensor(source, item[None])
        interpreter.invoke()
        results.append(interpreter.get_tensor(target)[0].copy())
    np.save(job['output'], np.ascontiguousarray(np.stack(results)))
