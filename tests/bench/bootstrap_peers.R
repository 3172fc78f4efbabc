# SPDX-License-Identifier: GPL-3.0-or-later
# Bootstraps of a weighted estimate by glm.fit, as one writes it by hand in R: bootstrap_peers.R CSV SAMPLES
a <- commandArgs(TRUE)
d <- read.csv(a[1]); samples <- as.integer(a[2])
X <- cbind(1, d$female, d$grade, d$tenure)
point <- function(i) {
  A <- d$arm[i]; Y <- d$outcome[i]
  e <- glm.fit(X[i, ], A, family = binomial())$fitted.values
  w1 <- A / e; w0 <- (1 - A) / (1 - e)
  sum(w1 * Y) / sum(w1) - sum(w0 * Y) / sum(w0)
}
set.seed(1)
time <- system.time(all <- replicate(samples, point(sample.int(nrow(d), replace = TRUE))))
peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
cat(sprintf("R %s: rows %d, threads 1: median %.4f s, processor %.4f s, peak %.0f MB\n", if (samples == 1000) "bootstrap" else "some_bootstraps", nrow(d),
            time[["elapsed"]], time[["user.self"]] + time[["sys.self"]], peak))
cat(sprintf("  %d samples, estimate %.6f, error %.6f\n", samples, point(seq_len(nrow(d))), sd(all)))
