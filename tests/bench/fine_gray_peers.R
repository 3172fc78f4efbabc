# SPDX-License-Identifier: GPL-3.0-or-later
# Times crr of cmprsk on the people that bench_fine_gray wrote.  Rscript fine_gray_peers.R CSV
suppressMessages(library(cmprsk))
d <- read.csv(commandArgs(TRUE)[1])
x <- as.matrix(d[c("informal", "structured", "female", "grade", "tenure")])
time <- system.time(f <- crr(d$days, d$event, x))
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
cat(sprintf("R fine_gray: rows %d, threads 1: median %.4f s, processor %.4f s, peak %.0f MB\n", nrow(d), time[["elapsed"]], time[["user.self"]] + time[["sys.self"]], peak))
for (j in seq_along(f$coef)) cat(sprintf("  %-12s %.12g %.12g\n", names(f$coef)[j], f$coef[[j]], sqrt(f$var[j, j])))
cat(sprintf("  logLik %.8f\n", f$loglik))
