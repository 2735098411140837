"""Times LiteRT on a .tflite file, one thread, optimised kernels: for each line of standard input, a number of calls, one line of milliseconds."""
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
wanted = interpreter.get_input_details()[0]
values = np.random.default_rng(0).integers(-128, 128, wanted['shape']).astype(wanted['dtype'])


def call():
    interpreter.set_tensor(wanted['index'], values)
    interpreter.invoke()


for _ in range(20):
    call()
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    print(*times, flush=True)
