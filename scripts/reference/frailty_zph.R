# SPDX-License-Identifier: GPL-3.0-or-later
# Reference tests of proportional hazards given frailties, for tests/fit/test_frailty_diagnose.c, which holds the printed chi-squares.
#   Rscript scripts/reference/frailty_zph.R tests/reference
#
# cox.zph of survival, transform km: the frailties are a fixed offset in it. Gamma frailty by EM, Breslow's ties.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(into, name), comment.char = "#")
exact <- coxph.control(eps = 1e-11, iter.max = 200, outer.max = 200)
kidney <- read("kidney.csv")
rats <- read("rats.csv")
print(cox.zph(coxph(Surv(time, status) ~ age + female + frailty(group, dist = "gamma", method = "em", eps = 1e-10), kidney, ties = "breslow",
                    control = exact))$table, digits = 12)
print(cox.zph(coxph(Surv(time, status) ~ rx + frailty(group, dist = "gamma", method = "em", eps = 1e-10), rats, ties = "breslow", control = exact))$table,
      digits = 12)
