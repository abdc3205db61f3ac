"""Bandits: posteriors across epochs, shares, value remaining, and conversions saved."""
import math

import numpy as np
from scipy import integrate, optimize, stats

from cases import case

# A bandit's epochs: level times factor by the likelihood itself, then the levels' variance beyond chance, by its definition.
def bandit_posteriors(epochs, prior):
    epochs = [e for e in epochs if sum(n for n, _ in e) > 0]
    n, x = (np.array([[arm[i] for arm in e] for e in epochs], dtype=float) for i in (0, 1))
    rows, arms = n.shape

    def spread(parameters):
        return np.exp(parameters[:rows]), np.exp(np.concatenate([[0], parameters[rows:]]))

    def against(parameters):
        levels, factors = spread(parameters)
        mean = np.outer(levels, factors) * n
        return float(np.sum(mean - x * np.log(np.where(mean > 0, mean, 1))))

    def score(parameters):
        levels, factors = spread(parameters)
        off = np.outer(levels, factors) * n - x
        return np.concatenate([off.sum(axis=1), off.sum(axis=0)[1:]])

    start = np.concatenate([np.log(x.sum(axis=1) / n.sum(axis=1)), np.zeros(arms - 1)])
    found = optimize.minimize(against, start, jac=score, method="BFGS", options={"gtol": 1e-7}).x
    found = optimize.root(score, found, tol=1e-13).x
    levels, factors = spread(found)
    exposures = (n * factors).sum(axis=1)
    mean = np.average(levels, weights=exposures)
    # Conversions of an epoch vary by chance as much as they are expected; what is more is drift.
    excess = float(np.sum((levels - mean) ** 2 * exposures / mean)) - (rows - 1)
    variance = max(0, excess) / (mean * (exposures.sum() - np.sum(exposures ** 2) / exposures.sum()))
    trust = variance / (variance + 1 / (mean * exposures))
    shrunk = mean + trust * (levels - mean)
    drift = np.average(trust, weights=exposures)
    average = np.average(shrunk, weights=n.sum(axis=1))
    answer = []
    for arm in range(arms):
        expected = float(np.sum(n[:, arm] * shrunk))
        converted = x.sum(axis=1)
        share = n[:, arm] / n.sum(axis=1)
        inside = np.sum(converted * share * (1 - share))
        total = np.sum(converted * share)
        pooled = total * (converted.sum() - total) / converted.sum()
        worth = (1 - drift * (1 - min(1, inside / pooled))) * expected / average
        rate = min(1, average * x[:, arm].sum() / expected)
        answer.append({"a": prior[0] + worth * rate, "b": prior[1] + worth * (1 - rate)})
    return answer


RUNS = [
    [[(500, 25), (500, 40)], [(100, 15), (900, 190)], [(60, 2), (940, 38)]],
    [[(300, 30), (300, 33), (300, 27)], [(200, 21), (500, 55), (200, 18)], [(150, 16), (600, 61), (150, 14)]],
    [[(400, 8), (400, 12), (0, 0)], [(0, 0), (0, 0), (0, 0)], [(200, 9), (500, 30), (300, 21)], [(90, 1), (300, 6), (610, 17)]],
    [[(50, 50), (50, 49)], [(20, 20), (480, 470)], [(25, 24), (975, 950)]],
    [[(2000, 4), (2000, 9)], [(800, 0), (7200, 11)], [(0, 0), (9000, 40)]],
]
for epochs in RUNS:
    posteriors = bandit_posteriors(epochs, (1, 1))
    run = {"runs": [[{"n": n, "x": x} for n, x in e] for e in epochs]}
    case("banditPosteriors", run, posteriors, 1e-6)
    # Where the next clients go, and what another arm may still add to the best at most, with 95 % certainty.
    betas = [stats.beta(p["a"], p["b"]) for p in posteriors]
    points = sorted(b.ppf(q) for b in betas for q in (1e-12, 1e-4, 0.5, 1 - 1e-4, 1 - 1e-12))

    def together(arm, times):
        others = [b for b in betas if b is not betas[arm]]
        return sum(integrate.quad(lambda t: betas[arm].pdf(t) * np.prod([b.cdf(times * t) for b in others]), low, high,
                                  limit=200, epsabs=1e-13, epsrel=1e-11)[0] for low, high in zip(points, points[1:]))

    chances = [together(arm, 1) for arm in range(len(betas))]
    floor = 0.04
    case("banditWeights", run, [floor + (1 - len(betas) * floor) * c for c in chances], 1e-6)
    best = int(np.argmax(chances))
    more = 0 if chances[best] >= 0.95 else optimize.brentq(lambda v: together(best, 1 + v) - 0.95, 0, 50, xtol=1e-12)
    case("banditValueRemaining", run, {"arm": best, "valueRemaining": more}, 1e-4)


# Conversions saved against equal shares, clients dealt out one by one: each epoch's share of an arm beyond an equal one
# brings clients who convert as its own did, one of them an average one.
for epochs in [[[(0.5, 500, 20), (0.5, 480, 31)], [(0.12, 61, 3), (0.88, 439, 40)]],
               [[(0.2, 90, 9), (0.7, 420, 61), (0.1, 40, 0)], [(0.05, 0, 0), (0.9, 700, 77), (0.05, 33, 4)], [(0.4, 0, 0), (0.6, 0, 0)]]]:
    gain, variance = 0.0, 0.0
    for arms in epochs:
        share, n, x = (np.array(column, float) for column in zip(*arms))
        everybody = n.sum()
        if everybody == 0:
            continue
        average = x.sum() / everybody
        moved = everybody * share - everybody / len(arms)
        gain += float(moved @ ((x + average) / (n + 1)))
        promised = np.maximum(1, everybody * share)
        variance += float(np.sum(moved ** 2 * average * (1 - average) / promised))
    half = stats.norm.isf(0.025) * math.sqrt(variance)
    case("savedAgainstEqualShares", {"shared": [{"arms": [dict(zip(("share", "n", "x"), arm)) for arm in e]} for e in epochs],
                                     "critical": float(stats.norm.isf(0.025))},
         {"estimate": gain, "interval": {"lower": gain - half, "upper": gain + half}}, 1e-9)
