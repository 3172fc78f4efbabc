# SPDX-License-Identifier: GPL-3.0-or-later
# Reference curves for tests/fit/test_curve.c: survival::survfit.
#   Rscript scripts/reference/curves.R tests/reference <folder of employee-turnover, optional>
# Writes rossi.csv (carData::Rossi with a split cause, an entry and a weight made here), curves_rossi.csv and, when the
# turnover data are there, curves_turnover.csv.
suppressMessages({library(survival); library(carData)})
args <- commandArgs(TRUE)
into <- args[1]
number <- function(x) { x[is.na(x)] <- -1; format(x, digits = 17, trim = TRUE, scientific = FALSE) }
note <- function(file, text) c(paste("#", text),
  sprintf("# %s, survival %s, carData %s", R.version.string, packageVersion("survival"), packageVersion("carData")))

rows <- function(fit, name, competing) {
  s <- summary(fit, censored = TRUE)
  strata <- if (is.null(s$strata)) rep("", length(s$time)) else sub("^[^=]*=", "", as.character(s$strata))
  one <- function(cause, events, estimate, se, lower, upper, risk)
    data.frame(curve = name, group = strata, cause = cause, time = number(s$time), at_risk = number(risk), events = number(events),
               estimate = number(estimate), se = number(se), lower = number(lower), upper = number(upper))
  if (!competing) return(one(0, s$n.event, s$surv, s$std.err, s$lower, s$upper, s$n.risk))
  do.call(rbind, lapply(2:ncol(s$pstate), function(k)
    one(k - 1, s$n.event[, k], s$pstate[, k], s$std.err[, k], s$lower[, k], s$upper[, k], s$n.risk[, 1])))
}
tenth <- function(table) table[seq(1, nrow(table), 10), ]
put <- function(file, head, table) {
  con <- file(file.path(into, file), "w"); on.exit(close(con))
  writeLines(head, con)
  write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
}

r <- Rossi
r$cause <- ifelse(r$arrest == 0, 0, ifelse(r$age < 23, 1, 2))
r$entry <- pmin(r$prio, r$week - 1)
r$weight <- 1 + r$educ %% 3
r$id <- seq_len(nrow(r))
put("rossi.csv", note("", paste("Rossi et al. 1980, recidivism of 432 men, from the R package carData (GPL >= 2), with columns cause, entry",
    "and weight made by scripts/reference/curves.R")), data.frame(row = r$id, week = r$week, arrest = r$arrest, fin = r$fin, age = r$age,
    race = r$race, wexp = r$wexp, mar = sub(" ", "_", r$mar), paro = r$paro, prio = r$prio, educ = r$educ,
    cause = r$cause, entry = r$entry, weight = r$weight))
f <- factor(r$cause, 0:2)
all <- list(
  rows(survfit(Surv(week, arrest) ~ fin, r, conf.type = "log-log"), "km_loglog", FALSE),
  rows(survfit(Surv(week, arrest) ~ 1, r, conf.type = "log"), "km_log", FALSE),
  rows(survfit(Surv(week, arrest) ~ 1, r, conf.type = "plain"), "km_plain", FALSE),
  rows(survfit(Surv(week, arrest) ~ fin, r, weights = weight, conf.type = "log-log"), "km_weight", FALSE),
  rows(survfit(Surv(entry, week, arrest) ~ 1, r, conf.type = "log-log"), "km_entry", FALSE),
  rows(survfit(Surv(week, f) ~ fin, r, conf.type = "log-log"), "aj_loglog", TRUE),
  rows(survfit(Surv(week, f) ~ 1, r, weights = weight, conf.type = "plain"), "aj_weight", TRUE),
  rows(survfit(Surv(entry, week, f) ~ fin, r, id = id, conf.type = "log-log"), "aj_entry", TRUE),
  rows(survfit(Surv(entry, week, f) ~ 1, r, id = id, weights = weight, conf.type = "log-log"), "aj_entry_weight", TRUE))
put("curves_rossi.csv", note("", "survfit on rossi.csv; -1 = not defined; tolerance 1e-10"), do.call(rbind, all))

if (length(args) > 1) {
  path <- file.path(args[2], "turnover.csv")
  d <- read.csv(path, fileEncoding = "latin1")
  d$days <- round(d$stag * 30.4375)
  d$cause <- factor(ifelse(d$event == 0, 0, ifelse(d$gender == "m", 1, 2)), 0:2)
  d$coach <- sub(" ", "_", d$coach)
  put("curves_turnover.csv", c(note("", "survfit on whole days of employee-turnover/turnover.csv by coach; tolerance 1e-10"),
    "# every tenth time only", paste("# md5 of the input", tools::md5sum(path))), tenth(rbind(
    rows(survfit(Surv(days, event) ~ coach, d, conf.type = "log-log"), "km", FALSE),
    rows(survfit(Surv(days, cause) ~ coach, d, conf.type = "log-log"), "aj", TRUE))))
}
