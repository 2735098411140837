"""Goldens of the elementary functions of @aed/core: correctly rounded values, from Python's decimal with 60 digits.

python tools/golden/make_math_goldens.py   (writes packages/core/test/golden/math.json; needs Python alone)
"""
import json
import math
import pathlib
import random
from decimal import Decimal, getcontext

getcontext().prec = 60
OUT = pathlib.Path(__file__).parents[2] / "packages/core/test/golden/math.json"
COUNT = 150


def pi():
    """Machin's formula."""

    def arctan_inverse(n):
        term = total = Decimal(1) / n
        k = 1
        while abs(term) > Decimal(10) ** -70:
            term = -term / (n * n)
            k += 2
            total += term / k
        return total

    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239))


PI = pi()


def sin(x):
    """Taylor series after reduction to [-π, π]."""
    x = x - (x / (2 * PI)).to_integral_value() * 2 * PI
    term = total = x
    k = 1
    while abs(term) > Decimal(10) ** -58 * abs(total) and term != 0:
        term = -term * x * x / ((k + 1) * (k + 2))
        k += 2
        total += term
    return total


FUNCTIONS = {
    "exp": lambda x: x.exp(),
    "log": lambda x: x.ln(),
    "log10": lambda x: x.log10(),
    "pow": lambda x, y: (y * x.ln()).exp(),
    "sin": sin,
    "cos": lambda x: sin(x + PI / 2),
    "sinPi": lambda x: sin(x * PI),
    "cosPi": lambda x: sin((x + Decimal("0.5")) * PI),
}


def inputs(name, rng):
    """Points of the whole range, of the usual one, and of where cancellation bites."""
    spread = lambda: math.ldexp(rng.uniform(0.5, 1), rng.randint(-1070, 1023))
    near_one = lambda: 1 + rng.uniform(-1, 1) * 2.0 ** -rng.randint(1, 50)
    kinds = {
        "exp": [lambda: rng.uniform(-745, 709), lambda: rng.uniform(-1, 1), lambda: math.ldexp(rng.uniform(-1, 1), -rng.randint(1, 60))],
        "log": [spread, lambda: rng.uniform(0.5, 2), near_one],
        "sin": [lambda: rng.uniform(-10, 10), lambda: rng.uniform(-1e6, 1e6), lambda: rng.randint(-636000, 636000) * math.pi / 2],
        "sinPi": [lambda: rng.uniform(-2, 2), lambda: rng.uniform(-1e6, 1e6), lambda: rng.randint(1, 1023) / 1024],
    }
    kinds |= {"log10": kinds["log"], "cos": kinds["sin"], "cosPi": kinds["sinPi"]}
    if name == "pow":
        pairs = [
            lambda: (10.0, rng.uniform(-307, 308)),
            lambda: (rng.uniform(0.001, 10), rng.uniform(-50, 50)),
            lambda: (near_one(), rng.uniform(-1e5, 1e5)),
        ]
        return [pairs[i % 3]() for i in range(COUNT)]
    return [(kinds[name][i % 3](),) for i in range(COUNT)]


def main():
    rng = random.Random(7)
    goldens = {}
    for name, function in FUNCTIONS.items():
        rows = []
        for arguments in inputs(name, rng):
            value = float(function(*map(Decimal, arguments)))
            if math.isfinite(value):
                rows.append([*arguments, value])
        goldens[name] = rows
    OUT.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
