# SPDX-License-Identifier: GPL-3.0-or-later
# Times glmmTMB or clmm on the rows that bench_mixed wrote.  Rscript mixed_peers.R CSV logit|ordinal THREADS
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = FALSE)
d$arm <- factor(d$arm, c("none", "informal", "structured")); d$department <- factor(d$department); d$level <- factor(d$level, ordered = TRUE)
if (args[2] == "logit") {
  suppressMessages(library(glmmTMB))
  seconds <- system.time(m <- glmmTMB(event ~ arm + female + grade + tenure + quarter + (1 | department), d, binomial,
                                      control = glmmTMBControl(parallel = as.integer(args[3]))))[["elapsed"]]
  b <- m$fit$par; s <- sqrt(diag(m$sdr$cov.fixed)); l <- -m$fit$objective
} else {
  suppressMessages(library(ordinal))
  seconds <- system.time(m <- clmm(level ~ arm + female + grade + tenure + quarter + (1 | department), data = d))[["elapsed"]]
  b <- c(m$alpha, m$beta, log(m$ST[[1]][1])); s <- sqrt(diag(vcov(m))); l <- as.numeric(logLik(m))
}
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
cat(sprintf("R %s %s: rows %d, threads %s: %.3f s, peak %.0f MB\n", if (args[2] == "logit") "glmmTMB" else "clmm", args[2], nrow(d), args[3], seconds, peak))
for (j in seq_along(b)) cat(sprintf("  %-16s %.10g %.10g\n", names(b)[j], b[[j]], s[[j]]))
cat(sprintf("  logLik %.8f\n", l))
