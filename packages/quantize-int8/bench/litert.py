"""Times LiteRT on a .tflite file, one thread, optimised kernels: for each line of standard input, a number of calls, one line of milliseconds.

With a second argument `avx2` its XNNPACK is told that the processor has AVX2 and nothing beyond, before it chooses its kernels: most processors have no AVX-512 VNNI, and
LiteRT has no switch for it. That writes into `hardware_config` of the loaded library, found by the symbols that it keeps; needs binutils' nm.
"""
import ctypes
import pathlib
import subprocess
import sys
import time

import ai_edge_litert

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def hold_to_avx2():
    library = next(pathlib.Path(ai_edge_litert.__file__).parent.glob("*common.so"))
    symbols = {name: int(at, 16) for at, _, name in (line.split() for line in subprocess.check_output(["nm", library], text=True).splitlines() if line[0] != " ")}
    base = next(int(line.split("-")[0], 16) for line in open("/proc/self/maps") if line.rstrip().endswith(library.name))
    # After this call the configuration stands; its second word are the flags of the architecture: SSE to AVX2 are bits 0 to 7 (xnn_arch_flags).
    ctypes.CFUNCTYPE(ctypes.c_void_p)(base + symbols["xnn_init_hardware_config"])()
    flags = ctypes.c_uint64.from_address(base + symbols["hardware_config"] + 8)
    flags.value &= 0xFF


if sys.argv[2:] == ["avx2"]:
    hold_to_avx2()
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
