# SPDX-License-Identifier: GPL-3.0-or-later
# Reference errors of predictions that rest on a baseline, for tests/fit/test_baseline.c, on tests/reference/{rossi,mgus}.csv.
#   Rscript scripts/reference/baseline.R tests/reference
# cox, robust: the infinitesimal jackknife by central differences of coxph refitted with the weight of one cluster 1 +- 1e-3 (extrapolated from two
# steps), times the factor of CR1; the cumulative hazard of one row is that of survfit. cox, model: coefficients by the model, steps of Breslow independent with
# events / risk^2, through numeric derivatives by both. fine_gray: the influence of Fine & Gray 1999, section 4, written out person by person,
# coefficients by crr; cumulative incidence and the area under it through numeric derivatives. Tolerance 1e-6 (robust cox), 1e-7.
suppressMessages({library(survival); library(cmprsk)})
into <- commandArgs(TRUE)[1]
read <- function(file) read.csv(file.path(into, file), comment.char = "#", stringsAsFactors = TRUE)
r <- read("rossi.csv"); r$n <- seq_len(nrow(r))
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
number <- function(x) format(x, digits = 15, trim = TRUE)
rows <- list()
put <- function(case, quantity, time, value, se) rows[[length(rows) + 1]] <<- data.frame(case, quantity, time, value = number(value), se = number(se))
times <- c(10, 30, 52); horizons <- c(20, 52)

# --- a fit as coefficients and steps by stratum: what is predicted from it ---------------------------------------------------------------------
area <- function(time, s, to) { k <- time < to; sum(diff(c(0, time[k], to)) * c(1, s[k])) }
# x: matrix of rows (uncentred), stratum of each; steps: list by stratum of time and cumulative hazard at x = 0
mean_at <- function(b, steps, x, stratum, value) mean(sapply(seq_len(nrow(x)), function(i) {
  s <- steps[[stratum[i]]]; value(s$time, exp(-s$hazard * exp(sum(x[i, ] * b))))
}))
at_time <- function(t) function(time, s) { k <- sum(time <= t); if (k) s[k] else 1 }
to_time <- function(t) function(time, s) area(time, s, t)
profiles <- function(x, column) { no <- yes <- x; no[, column] <- 0; yes[, column] <- 1; list(all = x, no = no, yes = yes) }
quantities <- function(b, steps, x, stratum, column, value) {
  m <- sapply(profiles(x, column), function(p) mean_at(b, steps, p, stratum, value))
  c(m, difference = unname(m["yes"] - m["no"]), ratio = unname(log(m["yes"] / m["no"])))
}

# --- cox with robust errors ------------------------------------------------------------------------------------------------------------
cox_robust <- function(case, formula, cluster, x, stratum = rep(1, nrow(r)), weight = rep(1, nrow(r)), ties = "efron", some = 1:60, factor = TRUE) {
  steps_of <- function(fit) {
    h <- basehaz(fit, centered = FALSE)
    if (is.null(h$strata)) list(list(time = h$time, hazard = h$hazard)) else lapply(split(h, h$strata), function(d) list(time = d$time, hazard = d$hazard))
  }
  value <- function(w) {
    r$w <<- w
    fit <- coxph(formula, r, weights = w, ties = ties, control = tight, robust = FALSE, x = FALSE)
    b <- coef(fit); s <- steps_of(fit)
    c(sapply(times, function(t) sapply(c(1, 77), function(i) { q <- s[[stratum[i]]]; k <- sum(q$time <= t); if (k) q$hazard[k] * exp(sum(x[i, ] * b)) else 0 })),
      sapply(times, function(t) quantities(b, s, x[some, , drop = FALSE], stratum[some], 1, at_time(t))),
      sapply(horizons, function(t) quantities(b, s, x[some, , drop = FALSE], stratum[some], 1, to_time(t))))
  }
  base <- value(weight); g <- split(seq_len(nrow(r)), cluster)
  slope <- function(i, e) { up <- down <- weight; up[i] <- up[i] * (1 + e); down[i] <- down[i] * (1 - e); (value(up) - value(down)) / (2 * e) }
  # differences of a step and of half of it: the error of the fourth order stays
  influence <- sapply(g, function(i) (4 * slope(i, 1e-3) - slope(i, 2e-3)) / 3)
  n <- nrow(r); p <- ncol(x); G <- length(g)
  se <- sqrt(rowSums(influence^2) * if (factor) G / (G - 1) * (n - 1) / (n - p) else 1)
  names <- c(rbind(paste0("hazard", rep("", 3)), "x"))
  what <- c(rep(c("hazard 0", "hazard 76"), 3), rep(paste("survival", c("all", "no", "yes", "difference", "ratio")), 3), rep(paste("area", c("all", "no", "yes", "difference", "ratio")), 2))
  when <- c(rep(times, each = 2), rep(times, each = 5), rep(horizons, each = 5))
  for (k in seq_along(base)) put(case, what[k], when[k], base[k], se[k])
}
fin <- as.integer(r$fin == "yes")
x <- cbind(fin, age = r$age, prio = r$prio)
cox_robust("cluster", Surv(week, arrest) ~ fin + age + prio, r$educ * 10 + r$prio %% 7, x)
cox_robust("strata", Surv(week, arrest) ~ fin + age + strata(race), r$age, cbind(fin, age = r$age), stratum = as.integer(r$race))
cox_robust("entry", Surv(entry, week, arrest) ~ fin + prio, r$age, cbind(fin, prio = r$prio), ties = "breslow")
cox_robust("sampling", Surv(week, arrest) ~ fin + age, r$n, cbind(fin, age = r$age), weight = r$weight / mean(r$weight))
cox_robust("rows", Surv(week, arrest) ~ fin + age, r$n, cbind(fin, age = r$age), ties = "breslow", factor = FALSE)

# --- cox with the errors of the model ---------------------------------------------------------------------------------------------------
slope_by <- function(f, at, scale) sapply(seq_along(at), function(j) {
  h <- 1e-4 * scale[j]; d <- function(h) { up <- down <- at; up[j] <- up[j] + h; down[j] <- down[j] - h; (f(up) - f(down)) / (2 * h) }
  (4 * d(h) - d(2 * h)) / 3
})
cox_model <- function(case, formula, x, stratum, some = 1:60) {
  fit <- coxph(formula, r, ties = "breslow", control = tight); b <- coef(fit); strata <- sort(unique(stratum))
  events <- lapply(strata, function(s) { i <- stratum == s & r$arrest == 1; data.frame(time = sort(unique(r$week[i])), n = as.numeric(table(r$week[i]))) })
  sums <- function(b) lapply(seq_along(strata), function(s) sapply(events[[s]]$time, function(t) sum(exp(x[stratum == strata[s] & r$week >= t, , drop = FALSE] %*% b))))
  steps_of <- function(b, d) { at <- 0; lapply(seq_along(strata), function(s) { k <- nrow(events[[s]]); h <- d[at + seq_len(k)]; at <<- at + k; list(time = events[[s]]$time, hazard = cumsum(h)) }) }
  n <- unlist(lapply(events, `[[`, "n")); steps <- function(b) n / unlist(sums(b)); at <- steps(b)
  value <- function(theta) { b <- theta[seq_along(b)]; h <- steps(b) * (theta[-seq_along(b)] / at); s <- steps_of(b, h)
    c(sapply(times, function(t) quantities(b, s, x[some, , drop = FALSE], stratum[some], 1, at_time(t))),
      sapply(horizons, function(t) quantities(b, s, x[some, , drop = FALSE], stratum[some], 1, to_time(t)))) }
  theta <- c(b, at); gradient <- slope_by(value, theta, c(sqrt(diag(vcov(fit))), at))
  p <- length(b); V <- diag(c(rep(0, p), at^2 / n)); V[1:p, 1:p] <- vcov(fit)
  se <- sqrt(rowSums((gradient %*% V) * gradient)); base <- value(theta)
  what <- c(rep(paste("survival", c("all", "no", "yes", "difference", "ratio")), 3), rep(paste("area", c("all", "no", "yes", "difference", "ratio")), 2))
  when <- c(rep(times, each = 5), rep(horizons, each = 5))
  for (k in seq_along(base)) put(case, what[k], when[k], base[k], se[k])
}
cox_model("model", Surv(week, arrest) ~ fin + age + prio, x, rep(1, nrow(r)))
cox_model("model strata", Surv(week, arrest) ~ fin + age + strata(race), cbind(fin, age = r$age), as.integer(r$race))

# --- fine_gray ------------------------------------------------------------------------------------------------------------------------
fine_gray <- function(case, d, columns, cluster = NULL, some = 1:60, times = c(24, 120, 240), horizons = c(60, 240)) {
  x <- as.matrix(d[columns]); n <- nrow(d)
  b <- crr(d$time, d$status, x, gtol = 1e-15, maxiter = 80)$coef
  event <- sort(unique(d$time[d$status == 1])); risk <- exp(drop(x %*% b))
  ends <- sort(unique(d$time[d$status == 0])); watched <- sapply(ends, function(u) sum(d$time >= u)); censored <- sapply(ends, function(u) sum(d$time == u & d$status == 0))
  G <- function(t) prod(1 - (censored / watched)[ends < t])              # just before t
  Gx <- sapply(d$time, G); Gt <- sapply(event, G)
  w <- sapply(seq_along(event), function(k) ifelse(d$time >= event[k], 1, ifelse(d$status == 2, Gt[k] / Gx, 0)))  # [n, events]
  S0 <- colSums(w * risk); m <- t(sapply(seq_along(event), function(k) colSums(w[, k] * risk * x) / S0[k]))
  if (ncol(x) == 1) m <- t(m)
  d1 <- sapply(event, function(t) sum(d$time == t & d$status == 1)); dH <- d1 / S0
  dN <- outer(seq_len(n), seq_along(event), function(i, k) d$status[i] == 1 & d$time[i] == event[k]) * 1
  dM <- dN - w * risk * rep(dH, each = n)
  I <- Reduce(`+`, lapply(seq_along(event), function(k) d1[k] * (crossprod(x, w[, k] * risk * x) / S0[k] - tcrossprod(m[k, ]))))
  # censoring martingale of i at u, and q(u; z) for a function z [n, events]
  dMc <- outer(seq_len(n), seq_along(ends), function(i, j) (d$status[i] == 0 & d$time[i] == ends[j]) - (d$time[i] >= ends[j]) * censored[j] / watched[j])
  psi <- function(z) { q <- sapply(ends, function(u) -sum((z * dM)[d$time < u, event >= u, drop = FALSE])); drop(dMc %*% (q / watched)) }
  influence_b <- sapply(columns, function(c) { z <- outer(x[, c], m[, match(c, columns)], `-`); rowSums(z * dM) + psi(z) }) %*% solve(I)
  with_b_known <- sapply(seq_along(event), function(k) { z <- matrix(rep((event <= event[k]) / S0, each = n), n); rowSums(z * dM) + psi(z) })
  steps_of <- function(h) list(list(time = event, hazard = h))
  H <- cumsum(dH); moves <- apply(m * dH, 2, cumsum)                     # H moves by -moves with b
  influence_H <- with_b_known - influence_b %*% t(moves)
  inc <- function(t) function(time, s) 1 - at_time(t)(time, s); lost <- function(t) function(time, s) t - area(time, s, t)
  value <- function(theta) { b <- theta[seq_along(b)]; s <- steps_of(theta[-seq_along(b)])
    c(sapply(times, function(t) 1 - sapply(c(1, 40), function(i) at_time(t)(event, exp(-s[[1]]$hazard * exp(sum(x[i, ] * b)))))),
      sapply(times, function(t) quantities(b, s, x[some, , drop = FALSE], rep(1, length(some)), 2, inc(t))),
      sapply(horizons, function(t) quantities(b, s, x[some, , drop = FALSE], rep(1, length(some)), 2, lost(t)))) }
  theta <- c(b, H); gradient <- slope_by(value, theta, c(sqrt(diag(crossprod(influence_b))), H))
  each <- cbind(influence_b, influence_H) %*% t(gradient); factor <- 1
  if (!is.null(cluster)) { each <- rowsum(each, cluster); g <- nrow(each); factor <- g / (g - 1) * (n - 1) / (n - length(b)) }
  se <- sqrt(colSums(each^2) * factor); base <- value(theta)
  what <- c(rep(c("incidence 0", "incidence 39"), 3), rep(paste("incidence", c("all", "no", "yes", "difference", "ratio")), 3), rep(paste("lost", c("all", "no", "yes", "difference", "ratio")), 2))
  when <- c(rep(times, each = 2), rep(times, each = 5), rep(horizons, each = 5))
  for (k in seq_along(base)) put(case, what[k], when[k], base[k], se[k])
  for (j in seq_along(columns)) put(case, paste("coefficient", columns[j]), 0, b[j], sqrt(sum((if (is.null(cluster)) influence_b else rowsum(influence_b, cluster))[, j]^2) * factor))
}
m <- read("mgus.csv")
m <- m[seq(1, nrow(m), 3), ]
fine_gray("progression", m, c("age", "male"))
m$status <- c(0, 2, 1)[m$status + 1]
fine_gray("death", m, c("age", "male", "hgb"))
fine_gray("death by cluster", m, c("age", "male"), cluster = m$age)
con <- file(file.path(into, "baseline.csv"), "w")
writeLines(c("# errors of predictions that rest on a baseline; ratio: of the logarithm; row numbers from 0; all, no, yes: means over the first 60 rows",
             sprintf("# %s, survival %s, cmprsk %s", R.version.string, packageVersion("survival"), packageVersion("cmprsk"))), con)
write.table(do.call(rbind, rows), con, sep = ",", quote = FALSE, row.names = FALSE)
close(con)
