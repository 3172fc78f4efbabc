# SPDX-License-Identifier: GPL-3.0-or-later
# Writes datasets/rossi/rossi.csv from the R package carData. Usage: Rscript scripts/reference/rossi.R datasets/rossi/rossi.csv
library(carData)
out <- commandArgs(trailingOnly = TRUE)[1]
d <- Rossi[, c("week", "arrest", "fin", "age", "race", "wexp", "mar", "paro", "prio", "educ")]
d <- cbind(id = sprintf("R%03d", seq_len(nrow(d))), d)
write.csv(d, out, row.names = FALSE, quote = FALSE)
