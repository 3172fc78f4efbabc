# SPDX-License-Identifier: GPL-3.0-or-later
# Times statsmodels' Logit (Newton's steps) on the rows that bench_fit wrote.  python3 fit_peers.py CSV
import sys, time
import numpy as np, pandas as pd, statsmodels.api as sm
d = pd.read_csv(sys.argv[1], usecols=["event", "offset", "arm", "female", "score", "tenure", "quarter"])
X = np.column_stack([np.ones(len(d)), d.arm == "informal", d.arm == "structured", d.female, d.score, d.tenure, d.quarter]).astype(float)
y, o = d.event.to_numpy(float), d.offset.to_numpy(float)
wall, cpu = time.perf_counter(), time.process_time()
fit = sm.Logit(y, X, offset=o).fit(method="newton", disp=0, tol=1e-12)
b, s = np.asarray(fit.params), np.asarray(fit.bse)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
peak = next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")) / 1000
print(f"Python logit: rows {len(d)}, threads 1: median {wall:.4f} s, processor {cpu:.4f} s, peak {peak:.0f} MB")
for j in range(len(b)): print(f"  {b[j]:.15g} {s[j]:.15g}")
