"""Rates: strict mode, sample ratio, tests and ranges within epochs, relative margins."""
import math

import numpy as np
from scipy import integrate, optimize, special
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.proportion import test_proportions_2indep

from cases import case

# Strict mode over stretches with different weights: likelihoods multiplied, the first one's mixture integrated over.
for epochs in [[((30, 41), (1, 1)), ((12, 90), (1, 9))], [((3, 0), (49, 1)), ((70, 4), (9, 1)), ((20, 31), (1, 1))]]:
    kappa = 200
    (_, first), *_ = epochs
    wc, wt = first[0] / sum(first), first[1] / sum(first)

    def log_likelihood(v):
        total = 0.0
        for (xc, xt), (c, t) in epochs:
            odds = math.log(t / c) + v
            total += xt * -math.log1p(math.exp(-odds)) + xc * -math.log1p(math.exp(odds))
        return total

    def log_prior(v):
        odds = math.log(wt / wc) + v
        return (kappa * wt * -math.log1p(math.exp(-odds)) + kappa * wc * -math.log1p(math.exp(odds))
                - special.betaln(kappa * wt, kappa * wc))

    top = optimize.minimize_scalar(lambda v: -log_likelihood(v) - log_prior(v), bounds=(-3, 3), method="bounded").x
    height = log_likelihood(top) + log_prior(top)
    area, _ = integrate.quad(lambda v: math.exp(log_likelihood(v) + log_prior(v) - height), top - 4, top + 4,
                             points=[top], limit=500, epsabs=0, epsrel=1e-12)
    mixture = height + math.log(area)

    def excess(v):
        return mixture + math.log(0.05) - log_likelihood(v)

    best = optimize.minimize_scalar(lambda v: -log_likelihood(v), bounds=(-8, 8), method="bounded").x
    limits = [math.expm1(optimize.brentq(excess, best - 30, best)), math.expm1(optimize.brentq(excess, best, best + 30))]
    case("exactEpochs", {"epochs": [{"conversions": c, "weights": w} for c, w in epochs], "kappa": kappa, "alpha": 0.05},
         {"logE": mixture - log_likelihood(0), "lower": limits[0], "upper": limits[1]}, 1e-7)


# Sample ratio: Dirichlet mixtures of five strengths, and one arm off by one of eight factors, each a fair bet.
def dirichlet(observed, weights, concentration):
    alpha = concentration * np.array(weights) / sum(weights)
    observed = np.array(observed)
    return (special.gammaln(alpha.sum()) - special.gammaln(alpha.sum() + observed.sum())
            + (special.gammaln(alpha + observed) - special.gammaln(alpha)).sum()
            - (observed * np.log(np.array(weights) / sum(weights))).sum())


for epochs in [[((520, 480), (1, 1))], [((0, 15), (1, 1))], [((520, 480), (1, 1)), ((930, 70), (9, 1))],
               [((300, 310, 250), (1, 1, 1)), ((500, 90, 400), (5, 1, 4))]]:
    own = special.logsumexp([sum(dirichlet(o, w, c) for o, w in epochs) for c in (1, 10, 100, 1000, 10000)]) - math.log(5)
    evidence = own
    if len(epochs) > 1:
        bets = []
        for arm in range(len(epochs[0][0])):
            for tilt in (-0.3, -0.1, -0.05, -0.02, 0.02, 0.05, 0.1, 0.3):
                log = 0.0
                for observed, weights in epochs:
                    tilted = np.array(weights, float)
                    tilted[arm] *= math.exp(tilt)
                    before, after = np.array(weights) / sum(weights), tilted / tilted.sum()
                    log += (np.array(observed) * np.log(after / before)).sum()
                bets.append(log)
        evidence = special.logsumexp([own, special.logsumexp(bets) - math.log(len(bets))]) - math.log(2)
    case("sampleRatioEvidence", {"epochs": [{"observed": o, "weights": w} for o, w in epochs]}, evidence, 1e-9)


# Rates within epochs: the CMH test, and intervals of all that a score test with the likelihood's own estimates keeps.
def constrained(control, treatment, hypothesis):
    (nc, xc), (nt, xt) = control, treatment

    def other(p):
        return p * hypothesis["ratio"] if "ratio" in hypothesis else p + hypothesis["difference"]

    def negative(p):
        q = other(p)
        if not (0 <= q <= 1 and 0 <= p <= 1):
            return math.inf
        return -(special.xlogy(xc, p) + special.xlogy(nc - xc, 1 - p) + special.xlogy(xt, q) + special.xlogy(nt - xt, 1 - q))

    low, high = 0.0, 1.0
    if "ratio" in hypothesis:
        high = min(1.0, 1 / hypothesis["ratio"])
    else:
        low, high = max(0.0, -hypothesis["difference"]), min(1.0, 1 - hypothesis["difference"])
    p = optimize.minimize_scalar(negative, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
    return p, other(p)


def stratified_statistic(strata, hypothesis):
    excess = variance = 0.0
    for control, treatment in strata:
        (nc, xc), (nt, xt) = control, treatment
        p, q = constrained(control, treatment, hypothesis)
        ratio, shift = hypothesis.get("ratio", 1), hypothesis.get("difference", 0)
        weight = nc * nt / (nc + nt)
        excess += weight * (xt / nt - ratio * xc / nc - shift)
        variance += weight ** 2 * (q * (1 - q) / nt + ratio ** 2 * p * (1 - p) / nc) * (nc + nt) / (nc + nt - 1)
    return excess / math.sqrt(variance)


for strata in [[((2000, 100), (2000, 118)), ((200, 60), (1800, 560))], [((900, 810), (100, 80)), ((400, 300), (600, 470))]]:
    tables = [np.array([[xt, nt - xt], [xc, nc - xc]]) for (nc, xc), (nt, xt) in strata]
    null = StratifiedTable(tables).test_null_odds(correction=False)
    z = stratified_statistic(strata, {"difference": 0})
    assert abs(z * z / null.statistic - 1) < 1e-6

    def limit(kind, sign, start, step):
        return optimize.brentq(lambda v: stratified_statistic(strata, {kind: v}) - sign * 1.96, start, start + step, xtol=1e-12)

    case("stratifiedRates",
         {"strata": [{"control": {"n": c[0], "x": c[1]}, "treatment": {"n": t[0], "x": t[1]}} for c, t in strata],
          "critical": 1.96},
         {"z": math.copysign(math.sqrt(null.statistic), z), "p": null.pvalue,
          "difference": [limit("difference", 1, -0.2, 0.19 + 0.2), limit("difference", -1, -0.19, 0.39)],
          "uplift": [limit("ratio", 1, 0.5, 1.5) - 1, limit("ratio", -1, 0.5, 1.5) - 1]}, 1e-5)


# A relative margin: worse by all of it.
for (nc, xc), (nt, xt), ratio in [((2000, 200), (2000, 190), 0.95), ((400, 12), (390, 3), 1.05), ((50, 49), (60, 58), 0.9)]:
    found = test_proportions_2indep(xt, nt, xc, nc, value=ratio, compare="ratio", method="score", correction=False)
    case("ratioStatistic", {"control": {"n": nc, "x": xc}, "treatment": {"n": nt, "x": xt}, "ratio": ratio},
         found.statistic, 1e-6)
