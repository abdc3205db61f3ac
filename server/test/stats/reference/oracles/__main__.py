"""Makes oracles.jsonl: figures of the statistics engine computed a second way, by scipy and statsmodels.

    apt-get install python3-scipy python3-statsmodels   # Debian 12: scipy 1.10.1, statsmodels 0.13.5
    /usr/bin/python3 server/test/stats/reference/oracles

Nothing here is taken from the engine: intervals are found by maximising the likelihood, integrals by quadrature.
"""
import bandits
import cases
import means
import rates
import segments
import sizes

cases.write()
