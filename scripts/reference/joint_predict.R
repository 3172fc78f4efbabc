# SPDX-License-Identifier: GPL-3.0-or-later
# Reference predictions of the parts of joint models for tests/fit/test_joint_predict_values.c.
#   Rscript scripts/reference/joint_predict.R tests/reference
#
# At the estimates of joint.csv (scripts/reference/joint.R): what each part predicts on every scale, averaged over the first 20 rows (what a profile
# names is set for everybody) and over the normal effects of people by the adaptive quadrature of R's integrate() in each row, to 1e-12; and for a person of
# effect 0. Rows: case, part, profile, scale, effects, of, time, value.
into <- commandArgs(TRUE)[1]
fits <- read.csv(file.path(into, "joint.csv"), comment.char = "#")
visits <- read.csv(file.path(into, "joint_visits.csv"), comment.char = "#")
years <- read.csv(file.path(into, "joint_years.csv"), comment.char = "#")
visits <- visits[1:20, ]; years <- years[1:20, ]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = TRUE)

# The mean of f(effect) over effects of standard deviation s; s = 0: at an effect of 0.
over <- function(f, s) {
  if (s == 0) return(f(0))
  g <- function(z) vapply(z, function(one) f(s * one) * dnorm(one), 0)
  sum(vapply(list(c(-12, -3), c(-3, 0), c(0, 3), c(3, 12)), function(to) integrate(g, to[1], to[2], rel.tol = 1e-12, abs.tol = 1e-14)$value, 0))
}
# The same of two effects that are multiples of one normal number.
over_both <- function(f, s) {
  if (all(s == 0)) return(f(c(0, 0)))
  g <- function(z) vapply(z, function(one) f(s * one) * dnorm(one), 0)
  sum(vapply(list(c(-12, -3), c(-3, 0), c(0, 3), c(3, 12)), function(to) integrate(g, to[1], to[2], rel.tol = 1e-12, abs.tol = 1e-14)$value, 0))
}
# Equal predictors have equal means.
each <- function(eta, f) { key <- if (is.matrix(eta)) paste(eta[, 1], eta[, 2]) else eta; one <- !duplicated(key)
  v <- if (is.matrix(eta)) apply(eta[one, , drop = FALSE], 1, f) else vapply(eta[one], f, 0)
  mean(v[match(key, key[one])]) }
lines <- NULL
add <- function(case, part, profile, scale, effects, of, time, value)
  lines <<- rbind(lines, data.frame(case, part, profile, scale, effects, of, time, value = number(value)))

# --- one cause and ordered stages, tied by one effect
t <- with(subset(fits, case == "ordinal_death"), setNames(estimate, name))
th <- c(-Inf, t[1:3], Inf); s <- t[["person(satisfaction)"]]; r <- abs(t[["retention ~ satisfaction"]])
eta_visit <- function(year) t[["satisfaction:year"]] * year
eta_year <- function(age, year) t[["retention:(Intercept)"]] + t[["retention:age"]] * age + t[["retention:year"]] * year
chance <- function(k, sd) function(eta) over(function(u) plogis(th[k + 1] - eta - u) - plogis(th[k] - eta - u), sd)
for (e in c("averaged", "typical")) {
  a <- e == "averaged"
  for (k in 1:4) {
    add("ordinal_death", "satisfaction", "everybody", "response", e, k, -1, each(eta_visit(visits$year), chance(k, a * s)))
    add("ordinal_death", "satisfaction", "late", "response", e, k, -1, chance(k, a * s)(eta_visit(6)))
  }
  event <- function(eta) over(function(u) -expm1(-exp(eta + u)), a * r)
  alive <- function(m) function(eta) over(function(u) exp(-m * exp(eta + u)), a * r)
  area <- function(m) function(eta) over(function(u) -expm1(-m * exp(eta + u)) / exp(eta + u), a * r)
  for (p in c("everybody", "old")) {
    eta <- if (p == "old") eta_year(7, years$year) else eta_year(years$age, years$year)
    add("ordinal_death", "retention", p, "response", e, "", -1, each(eta, event))
    for (m in c(1, 10)) {
      add("ordinal_death", "retention", p, "survival", e, "", m, each(eta, alive(m)))
      add("ordinal_death", "retention", p, "incidence", e, "", m, 1 - each(eta, alive(m)))
      add("ordinal_death", "retention", p, "restricted_mean", e, "", m, each(eta, area(m)))
    }
  }
}

# --- a number and two causes that compete
t <- with(subset(fits, case == "gaussian_causes"), setNames(estimate, name))
s <- c(t[["retention:transplant ~ satisfaction"]], t[["retention:death ~ satisfaction"]])
eta <- function(age, year) cbind(t[["retention:transplant:(Intercept)"]] + t[["retention:transplant:age"]] * age + t[["retention:transplant:year"]] * year,
  t[["retention:death:(Intercept)"]] + t[["retention:death:age"]] * age + t[["retention:death:year"]] * year)
for (e in c("averaged", "typical")) {
  sd <- if (e == "averaged") s else c(0, 0)
  for (p in c("everybody", "old")) {
    x <- if (p == "old") eta(7, years$year) else eta(years$age, years$year)
    add("gaussian_causes", "retention", p, "survival", e, "", 10, each(x, function(b) over_both(function(u) exp(-10 * sum(exp(b + u))), sd)))
    for (k in 1:2) {
      of <- c("transplant", "death")[k]
      add("gaussian_causes", "retention", p, "response", e, of, -1,
        each(x, function(b) over_both(function(u) { h <- exp(b + u); h[k] / sum(h) * -expm1(-sum(h)) }, sd)))
      for (m in c(2, 10)) add("gaussian_causes", "retention", p, "incidence", e, of, m,
        each(x, function(b) over_both(function(u) { h <- exp(b + u); h[k] / sum(h) * -expm1(-m * sum(h)) }, sd)))
      add("gaussian_causes", "retention", p, "time_lost", e, of, 10,
        each(x, function(b) over_both(function(u) { h <- exp(b + u); H <- sum(h); h[k] / H * (10 + expm1(-10 * H) / H) }, sd)))
    }
  }
}

# --- a level and a slope of each person, both in the hazard: their sum is one normal number
t <- with(subset(fits, case == "gaussian_slope_death"), setNames(estimate, name))
sd <- sqrt(t[["retention ~ satisfaction"]]^2 + t[["retention ~ satisfaction:year"]]^2)
eta <- function(age, year) t[["retention:(Intercept)"]] + t[["retention:age"]] * age + t[["retention:year"]] * year
for (p in c("everybody", "old")) {
  x <- if (p == "old") eta(7, years$year) else eta(years$age, years$year)
  for (m in c(1, 10)) add("gaussian_slope_death", "retention", p, "survival", "averaged", "", m, each(x, function(b) over(function(u) exp(-m * exp(b + u)), sd)))
}
con <- file(file.path(into, "joint_predict.csv"), "w")
writeLines(sprintf("# scripts/reference/joint_predict.R; R %s; at the estimates of joint.csv; tolerance 1e-6 and what these estimates are known to", getRversion()), con)
write.csv(lines, con, row.names = FALSE, quote = FALSE)
close(con)
