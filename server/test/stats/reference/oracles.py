"""Makes oracles.jsonl: figures of the statistics engine computed a second way, by scipy and statsmodels.

    apt-get install python3-scipy python3-statsmodels   # Debian 12: scipy 1.10.1, statsmodels 0.13.5
    /usr/bin/python3 server/test/stats/reference/oracles.py

Nothing here is taken from the engine: intervals are found by maximising the likelihood, integrals by quadrature.
"""
import json
import math
import pathlib
import random

import numpy as np
from scipy import integrate, optimize, special, stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail, test_proportions_2indep

CASES = []


def case(function, inputs, expected, rel):
    CASES.append({"function": function, "inputs": inputs, "expected": expected, "rel": rel})


# Sizes of unequal arms: participants of the pair. Of means by their two known deviations.
for rate, uplift, ratio in [(0.05, 0.2, 1), (0.05, 0.2, 9), (0.05, 0.2, 1 / 9), (0.9, -0.05, 3), (0.5, 0.1, 0.25)]:
    # Its first arm is the one with `diff`: the treatment; `ratio` is the control's size over it.
    n = samplesize_proportions_2indep_onetail(rate * uplift, rate, 0.8, ratio=ratio, alpha=0.04, alternative="two-sided")
    case("pairSize", {"baseline": {"rate": rate}, "relativeMde": uplift, "alpha": 0.04, "power": 0.8,
                      "weights": [ratio, 1]}, math.ceil(n * (1 + ratio)), 0)
for mean, deviation, uplift, share in [(4.2, 31, 0.1, 0.5), (-10, 8, 0.05, 0.1), (0.08, 0.6, -0.2, 0.9)]:
    treated = deviation * max(1, 1 + uplift)
    distance = abs(mean * uplift)

    def missing(n):
        spread = math.sqrt(deviation ** 2 / (n * (1 - share)) + treated ** 2 / (n * share))
        return stats.norm.sf(stats.norm.isf(0.02) - distance / spread) - 0.8

    n = optimize.brentq(missing, 2, 1e9, xtol=1e-6)
    case("pairSize", {"baseline": {"mean": mean, "deviation": deviation}, "relativeMde": uplift, "alpha": 0.04,
                      "power": 0.8, "weights": [1 - share, share]}, math.ceil(n), 0)

# Welch's analysis of variance.
for arms in [[(12, 3.1, 2.2), (30, 4.0, 9.1)], [(500, 1.0, 4.0), (40, 1.5, 30.0), (260, 0.8, 1.0)],
             [(20, -3, 1), (25, -2, 2), (30, -2.5, 8), (9, 0, 3)]]:
    n, mean, variance = (np.array(column, float) for column in zip(*arms))
    # From raw values with exactly these moments.
    values = []
    for count, centre, spread in arms:
        raw = np.array([(-1) ** i for i in range(count)], float)
        raw -= raw.mean()
        raw *= math.sqrt(spread / raw.var(ddof=1))
        values.append(raw + centre)
    found = anova_oneway(values, use_var="unequal", welch_correction=True)
    case("welchAnova", {"arms": [{"n": c, "mean": m, "variance": v} for c, m, v in arms]},
         {"f": found.statistic, "dfBetween": found.df_num, "dfWithin": found.df_denom, "p": found.pvalue}, 1e-9)

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

# Means within epochs, from raw values.
generator = random.Random(13)
for sizes in [[(40, 60), (25, 90)], [(200, 30), (50, 50), (10, 300)]]:
    strata, parts = [], []
    for index, (nc, nt) in enumerate(sizes):
        control = np.array([generator.lognormvariate(index, 1) for _ in range(nc)])
        treatment = np.array([generator.lognormvariate(index + 0.1, 1) for _ in range(nt)])
        parts.append((control, treatment, nc * nt / (nc + nt)))
        strata.append({side: {"n": len(raw), "mean": raw.mean(), "variance": raw.var(ddof=1)}
                       for side, raw in (("control", control), ("treatment", treatment))})
    total = sum(weight for _, _, weight in parts)
    # Each participant has a coefficient in the difference: its variance and degrees of freedom follow from those.
    difference = sum(weight / total * (t.mean() - c.mean()) for c, t, weight in parts)
    terms = [((weight / total) ** 2 * raw.var(ddof=1) / len(raw), len(raw) - 1) for c, t, weight in parts for raw in (c, t)]
    variance = sum(v for v, _ in terms)
    df = variance ** 2 / sum(v * v / d for v, d in terms)
    case("stratifiedMeans", {"strata": strata},
         {"difference": difference, "variance": variance, "df": df,
          "p": 2 * stats.t.sf(abs(difference) / math.sqrt(variance), df)}, 1e-9)

# Means: chance to be the best, and the loss to expect, by integration over the winner's value.
for better, arms in [("higher", [(1.0, 0.04), (1.3, 0.09), (0.8, 0.01)]), ("lower", [(-5, 1.0), (-4.6, 0.25), (-5.2, 0.5)])]:
    sign = 1 if better == "higher" else -1
    posteriors = [stats.norm(sign * mean, math.sqrt(variance)) for mean, variance in arms]
    span = (min(p.ppf(1e-15) for p in posteriors), max(p.isf(1e-15) for p in posteriors))
    points = [p.mean() for p in posteriors]
    best, loss = [], []
    for one in posteriors:
        others = [p for p in posteriors if p is not one]
        best.append(integrate.quad(lambda x: one.pdf(x) * np.prod([p.cdf(x) for p in others]), *span, points=points,
                                   limit=400, epsabs=0, epsrel=1e-11)[0])
        loss.append(integrate.quad(lambda x: one.cdf(x) * (1 - np.prod([p.cdf(x) for p in others])), *span, points=points,
                                   limit=400, epsabs=0, epsrel=1e-11)[0])
    case("meansJoint", {"arms": [{"mean": m, "variance": v} for m, v in arms], "better": better},
         {"best": best, "loss": loss}, 1e-7)


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

# Lateness from every single participant: how much of the variance of totals lies between days of joining.
def late_factor(stretches):
    between, total = 0.0, 0.0
    for days in stretches:
        everyone = np.concatenate(days)
        total += float(np.sum((everyone - everyone.mean()) ** 2))
        for values in days[:-1]:
            between += len(values) * (values.mean() - everyone.mean()) ** 2
        last = days[-1]
        if len(days) > 1:
            usual = max(np.concatenate(days[:-1]).mean(), everyone.mean(), key=abs)
        else:
            usual = everyone[everyone != 0].mean() if np.mean(everyone != 0) > 0.5 else everyone.mean()
        # Who is missing on the last day from what the days before reached counts as one who has not come yet.
        absent = (len(last) * usual - last.sum()) * np.sign(usual)
        between += max(len(last) * (last.mean() - everyone.mean()) ** 2, max(0, absent) * abs(usual))
    return math.sqrt(1 + 1.5 * between / total)


draw = np.random.default_rng(13)
for shape in [[[(300, 0.94), (280, 0.95), (310, 0.6)]], [[(200, 0.7)]], [[(200, 0.2)]],
              [[(400, 0.9), (390, 0.9), (20, 0.1)], [(500, 0.96), (450, 0.4)]], [[(100, 0.5), (100, 0.5), (100, 0.5)]]]:
    converted = [[(draw.random(n) < rate).astype(float) for n, rate in days] for days in shape]
    # Losses among them: the expected total of a day may be negative.
    worth = [[day * np.round(draw.normal(-4, 9, len(day)), 2) for day in days] for days in converted]
    cohorts = [[{"participants": len(c), "conversions": int(c.sum()), "sum": float(w.sum()), "sumSquares": float((w ** 2).sum())}
                for c, w in zip(cs, ws)] for cs, ws in zip(converted, worth)]
    case("latenessOf", {"cohorts": cohorts}, {"rates": late_factor(converted), "means": late_factor(worth)}, 1e-9)

# No worse than a margin, of means: Welch's t test with the treatment moved by it.
for sizes, margin in [((24, 19), 1.5), ((400, 90), 0.4), ((30, 300), 6)]:
    control, treatment = (np.round(draw.normal(centre, spread, size), 2) for centre, spread, size in zip((-8, -8.6), (3, 6), sizes))
    found = stats.ttest_ind(treatment + margin, control, equal_var=False, alternative="greater")
    case("withinMargin", {"values": [{"participants": len(v), "sum": float(v.sum()), "sumSquares": float((v ** 2).sum())}
                                     for v in (control, treatment)], "margin": margin}, {"pFixed": found.pvalue}, 1e-9)

# Days left by counting day after day.
def days_until(planned, participants, complete, daily):
    days = 0
    while participants + days * daily < planned or (complete + days) % 7:
        days += 1
    return days


for participants, planned, complete, recent in [(900, 12000, 9, [210, 190, 250, 90, 80, 240, 230]), (5, 4000, 1, [60]),
                                                (6990, 7000, 20, [300, 310, 290]), (100, 500, 3, [12, 0, 30])]:
    mean = np.mean(recent)
    error = math.sqrt(max(mean, np.var(recent, ddof=1) if len(recent) > 1 else 0) / len(recent))
    slow, fast = mean - 2 * error, mean + 2 * error
    expected = {"days": days_until(planned, participants, complete, mean)}
    if expected["days"] <= 90:
        expected["earliest"] = days_until(planned, participants, complete, fast)
        if slow > 0:
            expected["latest"] = days_until(planned, participants, complete, slow)
    case("daysLeft", {"participants": participants, "planned": planned, "daysComplete": complete, "recentDailyParticipants": recent},
         expected, 0)

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

# Totals with a cap: events one by one, against an array of all totals at once.
for seed, cap, people, chance in [(1, 3.0, (40, 60), 0.6), (2, 50.0, (300, 280), 0.2), (3, 0.5, (200, 20), 0.9)]:
    draw = random.Random(seed)
    events = [[arm, client, round(math.exp(2 * draw.gauss(0, 1)) - 0.2, 3)] for arm in (0, 1) for client in range(people[arm])
              for _ in range(3) if draw.random() < chance]
    draw.shuffle(events)
    totals = [np.zeros(n) for n in people]
    for arm, client, value in events:
        totals[arm][client] += value
    control, treatment = (np.minimum(one, cap) for one in totals)
    found = stats.ttest_ind(treatment, control, equal_var=False)
    case("cappedMeans", {"cap": cap, "people": people, "events": events},
         {"above": sum(int((one > cap).sum()) for one in totals), "raw": [one.mean() for one in totals],
          "mean": [control.mean(), treatment.mean()], "deviation": [control.std(ddof=1), treatment.std(ddof=1)], "p": found.pvalue}, 1e-9)

# Averages per conversion: events one by one, against arrays of all pairs at once. A participant's pair becomes one number,
# which scipy tests; its standard error is also that of the gradient and the covariance matrix of both totals.
for seed, people, chance, most in [(4, (60, 45), 0.7, 4), (5, (900, 80), 0.3, 9), (6, (200, 300), 0.5, 1)]:
    draw = random.Random(seed)
    events = [[arm, client, round(math.exp(draw.gauss(arm / 5, 1)) - 0.3, 3)] for arm in (0, 1) for client in range(people[arm])
              for _ in range(most) if draw.random() < chance]
    draw.shuffle(events)
    samples, errors = [], []
    for arm in (0, 1):
        mine = [(client, value) for of, client, value in events if of == arm]
        ids = sorted({client for client, _ in mine})
        count = np.array([sum(1 for client, _ in mine if client == one) for one in ids], float)
        total = np.array([sum(value for client, value in mine if client == one) for one in ids])
        ratio = total.sum() / count.sum()
        samples.append(ratio + (total - ratio * count) / count.mean())
        gradient = np.array([1 / count.mean(), -total.mean() / count.mean() ** 2])
        errors.append(float(gradient @ np.cov(total, count) @ gradient / len(ids)))
    found = stats.ttest_ind(samples[1], samples[0], equal_var=False)
    case("averages", {"people": people, "events": events},
         {"average": [one.mean() for one in samples], "variance": errors, "p": found.pvalue}, 1e-9)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, np.floating) else value


path = pathlib.Path(__file__).with_name("oracles.jsonl")
path.write_text("".join(json.dumps(plain(item)) + "\n" for item in CASES))
print(f"{len(CASES)} cases")
