"""Segments: the difference in one value against that in all others."""
import math

import numpy as np

from cases import case
from rates import constrained


# Segments: the difference in one value against that in all others together, a score test per stretch with the likelihood's own
# estimates under one difference everywhere, stretches weighed by sizes, always valid with the information of an interaction,
# Holm over values and alternatives.
def size_of(pair):
    (nc, _), (nt, _) = pair
    return nc * nt / (nc + nt)


def variance_at(pair, difference):
    (nc, _), (nt, _) = pair
    p, q = constrained(*pair, {"difference": difference})
    return (p * (1 - p) / nc + q * (1 - q) / nt) * (nc + nt) / (nc + nt - 1)


def gap_of(pair):
    (nc, xc), (nt, xt) = pair
    return xt / nt - xc / nc


def is_enough(pairs):
    """20 of the rarer outcome, as an equal pair would have them; unequal ones need up to twice as many."""
    both = [(nc, nt, xc + xt) for (nc, xc), (nt, xt) in pairs]
    rare = [x for _, _, x in both]
    if 2 * sum(rare) > sum(nc + nt for nc, nt, _ in both):
        rare = [nc + nt - x for nc, nt, x in both]
    worth = [2 * min(nc, nt) / (nc + nt) / min(2, max(nc, nt) / min(nc, nt)) for nc, nt, _ in both]
    return sum(rare) > 0 and sum(rare) >= round(20 / np.average(worth, weights=rare))


def segment_cases(tables, tuning, better, weights):
    """tables[stretch][value][arm] = (n, x), weights[stretch][arm]"""
    values, arms = len(tables[0]), len(tables[0][0])
    answers, ps = [], []
    for value in range(values):
        for arm in range(1, arms):
            stretches = []
            for table in tables:
                here = [table[value][0], table[value][arm]]
                rest = [tuple(int(n) for n in np.sum([table[v][a] for v in range(values) if v != value], axis=0)) for a in (0, arm)]
                if min(n for n, _ in here + rest) > 0:
                    stretches.append((here, rest))
            local, others = [[stretch[side] for stretch in stretches] for side in (0, 1)]
            if not (is_enough(local) and is_enough(others)):
                ps.append(1.0), answers.append(None)
                continue
            pairs = local + others
            whole = np.average([gap_of(pair) for pair in pairs], weights=[size_of(pair) for pair in pairs])
            level = 0.04 / values
            rho2 = (-2 * math.log(level) + math.log(1 - 2 * math.log(level))) / tuning
            first = np.array([weights[0][0], weights[0][arm]]) / (weights[0][0] + weights[0][arm])
            one = first[0] * first[1]
            sizes = np.array([1 / (1 / size_of(a) + 1 / size_of(b)) for a, b in stretches])
            variances = np.array([variance_at(a, whole) + variance_at(b, whole) for a, b in stretches])
            gaps = np.array([gap_of(a) - gap_of(b) for a, b in stretches])
            z = (sizes * gaps).sum() / math.sqrt((sizes ** 2 * variances).sum())
            g = sizes.sum() / one * rho2
            ps.append(float(min(1, math.sqrt(1 + g) * math.exp(-z * z * g / (2 * (1 + g))))))
            sizes = np.array([size_of(pair) for pair in local])
            own = np.average([gap_of(pair) for pair in local], weights=sizes)
            own_variance = (sizes ** 2 * [variance_at(pair, whole) for pair in local]).sum() / sizes.sum() ** 2
            apart = own - whole
            kept = max(0, 1 - own_variance / apart ** 2) if apart else 0
            g = sizes.sum() / one * rho2
            half = math.sqrt((1 + 1 / g) * (math.log(1 + g) - 2 * math.log(level)) * own_variance)
            shrunk = whole + kept * apart
            answers.append({"estimate": shrunk, "low": min(shrunk, own - half), "high": max(shrunk, own + half)})
    adjusted, running = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        running = max(running, min(1, (len(ps) - rank) * ps[index]))
        adjusted[index] = running
    found = [{"p": p, **({} if a is None else {"difference": a})} for p, a in zip(adjusted, answers)]
    cells = [{"dimension": 0, "value": value, "stretches": [[{"participants": n, "conversions": x} for n, x in table[value]]
                                                            for table in tables]} for value in range(values)]
    question = {"cells": cells, "weights": weights, "baseline": 0, "better": better, "tuningSize": tuning}
    case("segments", {"question": question}, [found[v * (arms - 1):(v + 1) * (arms - 1)] for v in range(values)], 1e-5)


segment_cases([[[(500, 100), (500, 135)], [(500, 150), (500, 60)], [(500, 125), (500, 135)]]], 10000, "higher", [[1, 1]])
segment_cases([[[(400, 30), (390, 29), (410, 66)], [(900, 80), (910, 82), (880, 70)]],
               [[(100, 6), (300, 20), (200, 31)], [(8, 1), (30, 2), (20, 1)]]], 3000, "lower", [[1, 1, 1], [2, 6, 4]])
# An arm of 5 % in which nobody of 500 has converted, where 5 were expected.
segment_cases([[[(9500, 95), (500, 0)], [(28500, 285), (1500, 15)]]], 10000, "higher", [[0.95, 0.05]])
