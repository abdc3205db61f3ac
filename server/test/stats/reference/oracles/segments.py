"""Segments: the difference in one value against that in all others."""
import math

import numpy as np

from cases import case

# Segments: the difference in one value against that in all others together, a z test per stretch, stretches weighed by
# precision, always valid with the information of an interaction, Holm over values and alternatives.
def rate_variance(n, x):
    p = (x + 0.5) / (n + 1)
    return p * (1 - p) / n


def segment_cases(tables, tuning, better):
    """tables[stretch][value][arm] = (n, x)"""
    values, arms = len(tables[0]), len(tables[0][0])
    answers, ps = [], []
    for value in range(values):
        for arm in range(1, arms):
            gaps, weights, local, local_weights, rest, rest_weights, information, size = [], [], [], [], [], [], 0.0, 0
            for table in tables:
                here = [table[value][0], table[value][arm]]
                there = [tuple(np.sum([table[v][a] for v in range(values) if v != value], axis=0)) for a in (0, arm)]
                if any(min(g[0][0], g[1][0]) < 10 or g[0][1] + g[1][1] < 10
                       or g[0][0] + g[1][0] - g[0][1] - g[1][1] < 10 for g in (here, there)):
                    continue
                (gap, v), (gap_rest, v_rest) = [(g[1][1] / g[1][0] - g[0][1] / g[0][0], rate_variance(*g[0]) + rate_variance(*g[1]))
                                                for g in (here, there)]
                gaps.append(gap - gap_rest), weights.append(1 / (v + v_rest))
                local.append(gap), local_weights.append(1 / v)
                rest.append(gap_rest), rest_weights.append(1 / v_rest)
                n, m = here[0][0] + here[1][0], there[0][0] + there[1][0]
                information, size = information + n * m / (n + m), size + n
            if not gaps:
                ps.append(1.0), answers.append(None)
                continue
            level = 0.04 / values
            rho2 = (-2 * math.log(level) + math.log(1 - 2 * math.log(level))) / tuning
            z = np.average(gaps, weights=weights) * math.sqrt(sum(weights))
            g = information * rho2
            ps.append(float(min(1, math.sqrt(1 + g) * math.exp(-z * z * g / (2 * (1 + g))))))
            own, own_variance = np.average(local, weights=local_weights), 1 / sum(local_weights)
            whole = np.average(local + rest, weights=local_weights + rest_weights)
            apart = own - whole
            kept = max(0, 1 - own_variance / apart ** 2) if apart else 0
            g = size * rho2
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
    question = {"cells": cells, "weights": [[1] * arms for _ in tables], "baseline": 0, "better": better, "tuningSize": tuning}
    case("segments", {"question": question}, [found[v * (arms - 1):(v + 1) * (arms - 1)] for v in range(values)], 1e-9)


segment_cases([[[(500, 100), (500, 135)], [(500, 150), (500, 60)], [(500, 125), (500, 135)]]], 10000, "higher")
segment_cases([[[(400, 30), (390, 29), (410, 66)], [(900, 80), (910, 82), (880, 70)]],
               [[(100, 6), (300, 20), (200, 31)], [(8, 1), (30, 2), (20, 1)]]], 3000, "lower")
