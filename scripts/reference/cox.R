# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_cox.c: survival::coxph on tests/reference/rossi.csv and the turnover data.
#   Rscript scripts/reference/cox.R tests/reference <folder of employee-turnover, optional>
# Standard errors use the observed information; `robust` is the raw sandwich of Lin and Wei, without a small-sample factor.
suppressMessages(library(survival))
args <- commandArgs(TRUE)
into <- args[1]
tight <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 60)
number <- function(x) { x[is.na(x)] <- 0; format(x, digits = 17, trim = TRUE, scientific = FALSE) }
rows <- function(name, fit) {
  k <- length(coef(fit))
  naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  robust <- if (is.null(fit$naive.var)) matrix(0, k, k) else fit$var
  data.frame(fit = name, term = gsub("[ ,]", "_", names(coef(fit))), aliased = as.integer(is.na(coef(fit))), estimate = number(coef(fit)),
             se = number(sqrt(diag(naive))), robust = number(sqrt(diag(robust))), null = number(fit$loglik[1]), loglik = number(fit$loglik[length(fit$loglik)]),
             events = fit$nevent)
}
put <- function(file, head, table) {
  con <- file(file.path(into, file), "w"); on.exit(close(con))
  writeLines(paste("#", c(head, sprintf("%s, survival %s; observed information; tolerance 1e-8", R.version.string, packageVersion("survival")))), con)
  write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
}
r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#", stringsAsFactors = TRUE)
r$off <- r$educ / 10
s <- survSplit(Surv(week, arrest) ~ ., r, cut = c(13, 26, 39), start = "start")
s$finlate <- (s$fin == "yes") * (s$start >= 26)
# Risk sets of rows that enter late, one a stratum: coxph would try all sets of events one by one.
sets <- function(r) do.call(rbind, lapply(split(r, r$mar), function(m) do.call(rbind, lapply(unique(m$week[m$arrest == 1]), function(t) {
  at <- m[m$entry < t & m$week >= t, ]
  cbind(at, one = 1, case = at$week == t & at$arrest == 1, set = paste(at$mar, t))
}))))
put("cox_rossi.csv", "coxph on rossi.csv", rbind(
  rows("efron", coxph(control = tight, Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio, r)),
  rows("breslow", coxph(control = tight, Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio, r, ties = "breslow")),
  rows("strata", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio + strata(race), r)),
  rows("weights_efron", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio, r, weights = weight)),
  rows("weights_breslow", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio, r, weights = weight, ties = "breslow")),
  rows("offset", coxph(control = tight, Surv(week, arrest) ~ fin + age + offset(off), r)),
  rows("entry", coxph(control = tight, Surv(entry, week, arrest) ~ fin + age + prio + strata(mar), r)),
  rows("alias", coxph(control = tight, Surv(week, arrest) ~ age + I(2 * age) + prio, r)),
  rows("cluster_efron", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio, r, cluster = educ)),
  rows("cluster_breslow", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio, r, cluster = educ, ties = "breslow")),
  rows("cluster_weights", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio + strata(race), r, cluster = educ, weights = weight)),
  rows("exact", coxph(control = tight, Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio, r, ties = "exact")),
  rows("exact_strata", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio + strata(race), r, ties = "exact")),
  rows("exact_entry", coxph(control = tight, Surv(one, case) ~ fin + age + prio + strata(set), sets(r), ties = "exact")),
  rows("exact_heavy", coxph(control = tight, Surv(ceiling(week / 13), arrest) ~ fin + age + prio, r, ties = "exact")),
  rows("split_efron", coxph(control = tight, Surv(start, week, arrest) ~ fin + age + prio + finlate, s, cluster = row)),
  rows("split_breslow", coxph(control = tight, Surv(start, week, arrest) ~ fin + age + prio + finlate, s, cluster = row, ties = "breslow"))))
# Robust kinds: score residuals times the covariance, summed by row, by one cluster, or by two less their intersection, with the factors of docs/fit.md.
robust <- function(name, fit, a, b) {
  each <- residuals(fit, "dfbeta", weighted = TRUE); n <- nrow(each); p <- ncol(each)
  of <- function(g, factor) { s <- rowsum(each, g); m <- nrow(s); crossprod(s) * (if (factor) m / (m - 1) * (n - 1) / (n - p) else 1) }
  kinds <- list(CR0 = of(a, FALSE), CR1 = of(a, TRUE), HC0 = crossprod(each), HC1 = crossprod(each) * n / (n - p),
                two = of(a, TRUE) + of(b, TRUE) - of(paste(a, b), TRUE))
  do.call(rbind, lapply(names(kinds), function(k) data.frame(fit = name, kind = k, term = colnames(model.matrix(fit)), se = number(sqrt(diag(kinds[[k]]))))))
}
r$block <- r$row %% 17
put("cox_robust.csv", "robust covariances of coxph on rossi.csv; block = row modulo 17", rbind(
  robust("efron", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio, r), r$educ, r$block),
  robust("strata_weights", coxph(control = tight, Surv(week, arrest) ~ fin + age + prio + strata(race), r, weights = weight), r$educ, r$block)))
if (length(args) > 1) {
  path <- file.path(args[2], "turnover.csv")
  d <- read.csv(path, fileEncoding = "latin1", strip.white = TRUE)
  d$days <- round(d$stag * 30.4375)
  level <- function(x, first = character()) factor(x, c(first, setdiff(sort(unique(x), method = "radix"), first)))
  d$coach <- level(d$coach, "no"); d$gender <- level(d$gender); d$industry <- level(d$industry); d$greywage <- level(d$greywage)
  f <- Surv(days, event) ~ coach + age + gender + industry + greywage
  put("cox_turnover.csv", c("coxph on whole days of employee-turnover/turnover.csv", paste("md5 of the input", tools::md5sum(path))),
      rbind(rows("efron", coxph(control = tight, f, d)), rows("breslow", coxph(control = tight, f, d, ties = "breslow")), rows("cluster", coxph(control = tight, f, d, cluster = profession))))
}
