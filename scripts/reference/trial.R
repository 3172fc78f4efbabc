# SPDX-License-Identifier: GPL-3.0-or-later
# Reference values for tests/real/test_survey.c: weekly profit in a randomised trial of mentoring, by arm and wave, clustered by firm.
#   Rscript scripts/reference/trial.R tests/reference <folder of kenya-mentor-trial>
# Rows `contrast`: the difference of an arm from control; se: the sandwich by firm without corrections (that of influences); robust: the mean
# profit had all rows been in the arm.
# `robust` is the sandwich by firm with G/(G-1) (N-1)/(N-p), sandwich::vcovCL(type = "HC1").
suppressMessages(library(sandwich))
args <- commandArgs(TRUE)
all <- d <- read.csv(file.path(args[2], "BDJ_Dandora_Data.csv"), fileEncoding = "UTF-8-BOM")
d <- d[!is.na(d$tprofits), ]
m <- lm(tprofits ~ factor(treat) + factor(wave), d)
V <- vcovCL(m, cluster = d$id, type = "HC1")
out <- data.frame(case = "profit", name = names(coef(m)), estimate = coef(m), se = sqrt(diag(vcov(m))), robust = sqrt(diag(V)))
H <- vcovCL(m, cluster = d$id, type = "HC0", cadjust = FALSE)
at <- function(arm) { all$treat <- arm; mean(predict(m, all)) }
out <- rbind(out, data.frame(case = "contrast", name = c("class", "mentor"), estimate = coef(m)[2:3], se = sqrt(diag(H))[2:3], robust = c(at(3), at(4))))
out[3:5] <- lapply(out[3:5], function(v) format(v, digits = 17, trim = TRUE, scientific = FALSE))
con <- file(file.path(args[1], "trial_kenya.csv"), "w")
writeLines(c(paste0("# ", R.version.string, ", sandwich ", packageVersion("sandwich"), ", made by scripts/reference/trial.R"),
             "# se: of lm; robust: CR1 by firm; tolerance 1e-8 of the estimate or the standard error"), con)
write.csv(out, con, row.names = FALSE, quote = FALSE)
close(con)
