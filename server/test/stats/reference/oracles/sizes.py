"""Sizes of plans, and how many days are left."""
import math

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from cases import case

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
