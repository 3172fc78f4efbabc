# SPDX-License-Identifier: GPL-3.0-or-later
# Times glmmTMB, clmm or lmer on the rows that bench_mixed wrote.  Rscript mixed_peers.R CSV logit|ordinal|linear|people THREADS
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = FALSE)
d$arm <- factor(d$arm, c("none", "informal", "structured")); d$department <- factor(d$department); d$level <- factor(d$level, ordered = TRUE)
if (args[2] == "logit") {
  suppressMessages(library(glmmTMB))
  time <- system.time(m <- glmmTMB(event ~ arm + female + grade + tenure + quarter + (1 | department), d, binomial,
                                      control = glmmTMBControl(parallel = as.integer(args[3]))))
  b <- m$fit$par; s <- sqrt(diag(m$sdr$cov.fixed)); l <- -m$fit$objective
} else if (args[2] != "ordinal") {
  suppressMessages(library(lme4))
  f <- score ~ arm + female + grade + tenure + quarter + (1 | department)
  if (args[2] == "people") f <- update(f, . ~ . + (1 | person))
  time <- system.time(m <- lmer(f, d))
  b <- c(fixef(m), log(as.data.frame(VarCorr(m))$sdcor)); s <- c(sqrt(diag(as.matrix(vcov(m)))), rep(NA, length(b) - length(fixef(m)))); l <- as.numeric(logLik(m))
} else {
  suppressMessages(library(ordinal))
  time <- system.time(m <- clmm(level ~ arm + female + grade + tenure + quarter + (1 | department), data = d))
  b <- c(m$alpha, m$beta, log(m$ST[[1]][1])); s <- sqrt(diag(vcov(m))); l <- as.numeric(logLik(m))
}
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
cat(sprintf("R mixed_%s: rows %d, threads %s: median %.4f s, processor %.4f s, peak %.0f MB\n", args[2], nrow(d), args[3], time[["elapsed"]], time[["user.self"]] + time[["sys.self"]], peak))
for (j in seq_along(b)) cat(sprintf("  %-16s %.10g %.10g\n", names(b)[j], b[[j]], s[[j]]))
cat(sprintf("  logLik %.8f\n", l))
