# SPDX-License-Identifier: GPL-3.0-or-later
# Times clm on the rows that bench_ordinal wrote.  Rscript ordinal_peers.R CSV plain|nominal|scale
suppressMessages(library(ordinal))
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = FALSE)
d$arm <- factor(d$arm, c("none", "informal", "structured")); d$level <- factor(d$level, ordered = TRUE)
seconds <- system.time(m <- switch(args[2], plain = clm(level ~ arm + female + grade + tenure, data = d),
  nominal = clm(level ~ female + grade + tenure, nominal = ~ arm, data = d), scale = clm(level ~ arm + female + grade + tenure, scale = ~ female, data = d)))
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
cat(sprintf("R clm %s: rows %d: %.3f s of the processor, peak %.0f MB, logLik %.10f\n", args[2], nrow(d), seconds[["user.self"]] + seconds[["sys.self"]], peak,
            as.numeric(logLik(m))))
print(coef(m), digits = 12)
