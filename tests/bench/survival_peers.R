# SPDX-License-Identifier: GPL-3.0-or-later
# Times coxph or survfit on the rows that bench_survival wrote.  Rscript survival_peers.R CSV cox|km|aj
suppressMessages(library(survival))
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = FALSE)
d$arm <- factor(d$arm, c("none", "informal", "structured")); d$fe <- factor(d$cause, 0:2, c("censored", "left", "promoted"))
fit <- switch(args[2], cox = function() coxph(Surv(stop, cause == 1) ~ arm + female + grade + tenure, d),
              km = function() survfit(Surv(stop, cause == 1) ~ arm, d), aj = function() survfit(Surv(stop, fe) ~ arm, d, id = id))
invisible(gc())
used <- sapply(seq_len(if (args[2] == "aj") 1 else 3), function(k) { t <- system.time(f <<- fit()); c(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]]) })
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
if (args[2] == "cox") {
  s <- summary(f)$coefficients
  for (j in seq_len(nrow(s))) cat(sprintf("  %-16s %.12g %.12g\n", rownames(s)[j], s[j, 1], s[j, 3]))
  cat(sprintf("  logLik %.10g\n", f$loglik[2]))
}
cat(sprintf("R %s: rows %d, threads 1: median %.4f s, processor %.4f s, peak %.0f MB\n", args[2], nrow(d), median(used[1, ]), median(used[2, ]), peak))
