# SPDX-License-Identifier: GPL-3.0-or-later
# Times glm on the rows that bench_fit wrote.  Rscript fit_peers.R CSV plain|hard REPEATS
# epsilon 1e-10: the stopping rule of the other side (largest step 1e-10 standard errors) in terms of the deviance.
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = FALSE)
d$arm <- factor(d$arm, c("none", "informal", "structured"))
f <- if (args[2] == "hard") event ~ arm + female + score + tenure + quarter else event ~ arm + female + grade + tenure + quarter
seconds <- numeric()
for (r in seq_len(as.integer(args[3])))
  seconds[r] <- system.time({ m <- glm(f, binomial("cloglog"), d, offset = offset, control = glm.control(epsilon = 1e-10)); s <- summary(m) })[["elapsed"]]
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
cat(sprintf("R glm %s: rows %d: median %.3f s, lowest %.3f s, peak %.0f MB, %d steps\n", args[2], nrow(d), median(seconds), min(seconds), peak, m$iter))
for (j in names(coef(m))) cat(sprintf("  %-16s %.15g %.15g\n", j, coef(m)[[j]], s$coefficients[j, 2]))
cat(sprintf("  logLik %.10f\n", as.numeric(logLik(m))))
