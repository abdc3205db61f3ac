"""Makes special.jsonl: values of special functions, and prints the series of erfc, all computed with eighty digits.

    pip install mpmath   # 1.3.0
    python3 server/test/stats/reference/special.py
"""
import json
import pathlib
import random

from mpmath import beta, cos, erfc, exp, fac2, gammainc, hyp2f1, log, loggamma, mp, mpf, pi, sqrt

mp.dps = 80
CASES = []


def case(function, inputs, expected, rel=1e-13, scale_min=0):
    scale = max(abs(float(expected)), scale_min)
    CASES.append({"function": function, "inputs": inputs, "expected": float(expected), "within": rel * scale})


def bisect(falling, low, high):
    """Where a falling function is 0."""
    for _ in range(120):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return low


def beta_below(x, y, a, b):
    """P(X < x) for Beta(a, b), y = 1 - x, by the hypergeometric series on the side where it converges fast."""
    def tail(x, y, a, b):
        return x**a * y**b / (a * beta(a, b)) * hyp2f1(1, a + b, a + 1, x)

    return tail(x, y, a, b) if x < (a + 1) / (a + b + 2) else 1 - tail(y, x, b, a)


def student(t, df):
    square, df = mpf(t) ** 2, mpf(df)
    return beta_below(df / (df + square), square / (df + square), df / 2, mpf(1) / 2)


def normal_critical(alpha):
    return sqrt(2) * bisect(lambda x: erfc(x) - mpf(alpha), mpf(0), mpf(40))


draw = random.Random(1)
for x in [-6, -1, -0.1, 0, 1e-10, 1e-3, 0.3, 1, 2.5, 8, 12, 19.4, 26, *(round(draw.uniform(0, 26), 3) for _ in range(20))]:
    case("erfc", [x], erfc(mpf(x)), rel=1e-15)
for p in [1e-300, 1e-100, 1e-16, 1e-5, 0.01, 0.05, 0.2, 0.5, 0.9, 0.999, 1.2, 1.7, 1.99]:
    # Near 1 the result is as near to 0 as p, a rounded number, can say.
    case("erfcInverse", [p], bisect(lambda x: erfc(x) - mpf(p), mpf(-40), mpf(40)), rel=1e-15, scale_min=1)
for df in [1, 2, 3, 4, 5, 10, 19, 50, 98, 99]:
    for share in [0.01, 0.3, 1, 2, 5, 20]:
        case("chiSquareSf", [df * share, df], gammainc(mpf(df) / 2, mpf(df * share) / 2, regularized=True))
for df in [1, 1.5, 2.3, 5, 10, 30.7, 120, 1e4, 1e6, 5e7]:
    for t in [0, 1e-8, 0.01, 0.3, 0.9, 1.1, 2, 3.5, 6, 12, 25]:
        case("studentTwoSidedP", [t, df], student(t, df))
for df in [1, 1.5, 3, 8.2, 50, 1e4, 5e7]:
    for alpha in [0.9, 0.5, 0.05, 0.01, 1e-6, 1e-12]:
        # Student's tails are the heavier ones, by a factor that 1e-12 leaves below exp(30 / df).
        start = log(normal_critical(alpha))
        log_t = bisect(lambda u: log(student(exp(u), df) / mpf(alpha)), start, start + 30 / mpf(df))
        case("studentCritical", [alpha, df], exp(log_t))
for between in [1, 2, 5, 9, 49, 98]:
    for within in [1.2, 7.5, 40, 1e3, 1e6, 5e7]:
        for f in [0.01, 0.5, 0.99, 1.2, 2, 4, 10]:
            total = within + between * mpf(f)
            p = beta_below(within / total, between * mpf(f) / total, mpf(within) / 2, mpf(between) / 2)
            case("fisherSf", [f, between, within], p, rel=3e-13)
for a in [0.5, 1, 1.5, 3.3, 9.9, 10.1, 49, 51, 1e3, 1e6, 5e7]:
    for b in [0.5, 1, 2.2, 9.5, 12, 60, 1e4, 5e7]:
        value = loggamma(mpf(a)) + loggamma(mpf(b)) - loggamma(mpf(a) + mpf(b))
        case("logBeta", [a, b], value, rel=1e-14, scale_min=1)

FILE = pathlib.Path(__file__).with_name("special.jsonl")
FILE.write_text("".join(json.dumps(case) + "\n" for case in CASES))


def scaled_erfc(t, centre=mpf("3.75")):
    """(1 + 2x) exp(x²) erfc(x) where t = (x - centre) / (x + centre)."""
    x = centre * (1 + t) / (1 - t)
    far = sum((-1) ** m * fac2(2 * m - 1) / (2 * x * x) ** m for m in range(8)) / (x * sqrt(pi))
    return (1 + 2 * x) * (exp(x * x) * erfc(x) if x < 100 else far)


POINTS = [pi * (2 * j + 1) / 128 for j in range(64)]
VALUES = [scaled_erfc(cos(point)) for point in POINTS]
for n in range(25):
    weight = mpf(1 if n == 0 else 2) / 64
    print(float(weight * sum(value * cos(n * point) for point, value in zip(POINTS, VALUES))))
