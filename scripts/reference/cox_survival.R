# SPDX-License-Identifier: GPL-3.0-or-later
# Reference survival of Cox fits for tests/fit/test_cox_survival.c: survival::survfit on coxph on tests/reference/rossi.csv.
#   Rscript scripts/reference/cox_survival.R tests/reference
# row: of rossi.csv, from 0; se: of the cumulative hazard, by the model's covariance.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 60)
r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#", stringsAsFactors = TRUE)
r$off <- r$educ / 10
times <- c(0, 1, 8.5, 20, 37, 51, 52, 60)
people <- c(1, 2, 77, 300, 432)
case <- function(name, fit) do.call(rbind, lapply(people, function(i) {
  s <- survfit(fit, newdata = r[i, ], se.fit = TRUE)
  at <- findInterval(times, s$time)
  from <- function(x, none) ifelse(at == 0, none, x[pmax(at, 1)])
  data.frame(case = name, row = i - 1, time = times, survival = format(from(s$surv, 1), digits = 17), cumulative = format(from(s$cumhaz, 0), digits = 17),
             se = format(from(s$std.err, 0), digits = 17))
}))
table <- rbind(
  case("efron", coxph(Surv(week, arrest) ~ fin + age + race + prio, r, control = tight)),
  case("breslow", coxph(Surv(week, arrest) ~ fin + age + race + prio, r, ties = "breslow", control = tight)),
  case("exact", coxph(Surv(week, arrest) ~ fin + age + race + prio, r, ties = "exact", control = tight)),
  case("strata", coxph(Surv(week, arrest) ~ fin + age + strata(race), r, control = tight)),
  case("two_strata", coxph(Surv(week, arrest) ~ age + prio + strata(fin, mar), r, control = tight)),
  case("entry", coxph(Surv(entry, week, arrest) ~ fin + age + prio, r, control = tight)),
  case("weights", coxph(Surv(week, arrest) ~ fin + age + prio + strata(race), r, weights = weight, robust = FALSE, control = tight)),
  case("offset", coxph(Surv(week, arrest) ~ fin + age + offset(off), r, control = tight)),
  case("none", coxph(Surv(week, arrest) ~ 1, r)))
con <- file(file.path(into, "cox_survival.csv"), "w")
writeLines(c("# survfit of coxph on rossi.csv; se of the cumulative hazard, observed information",
             sprintf("# %s, survival %s; tolerance 1e-8", R.version.string, packageVersion("survival"))), con)
write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
close(con)
