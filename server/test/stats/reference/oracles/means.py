"""Means: tests within and across epochs, chances, margins, caps, averages and lateness."""
import math
import random

import numpy as np
from scipy import integrate, stats
from statsmodels.stats.oneway import anova_oneway

from cases import case

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
