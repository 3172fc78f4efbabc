# SPDX-License-Identifier: GPL-3.0-or-later
# Reference of standardisation and weighting for tests/compare/test_reference.c, on a small simulated panel.
#   Rscript scripts/reference/compare.R tests/reference
# Writes compare_panel.csv (the panel) and compare_levels.csv (shares and means had everyone been in an arm), made with glm, clm and
# nnet, optim where causes compete. The knots and the degrees of freedom are worked out here anew from docs/compare.md.
suppressMessages({library(splines); library(ordinal)})
into <- commandArgs(TRUE)[1]
set.seed(20260311)
people <- 900; quarters <- 8
x <- round(rnorm(people), 3); g <- sample(0:2, people, TRUE)
rows <- list()
for (i in seq_len(people)) {
  arm <- 0
  for (t in 0:(quarters - 1)) {
    share <- if (t == 0) round(runif(1, 0.2, 1), 3) else 1
    h <- c(exp(-2.6 - 0.5 * arm - 0.3 * x[i] + 0.2 * (g[i] == 2) + 0.05 * t), exp(-3.6 - 0.1 * arm + 0.3 * (g[i] == 1))) * share
    H <- sum(h)
    promoted <- if (g[i] == 0 && x[i] > 1) -1 else as.integer(runif(1) < 1 - exp(-share * exp(-3 + 0.4 * arm + 0.3 * x[i])))
    exit <- if (runif(1) < 1 - exp(-H)) 1 + (runif(1) > h[1] / H) else 0
    level <- if (t %% 2 == 1 && runif(1) < 0.8) findInterval(rlogis(1) + 0.5 * arm + 0.4 * x[i] - 0.3 * (g[i] == 1), c(-2, -0.7, 0.6, 2)) else -1
    rows[[length(rows) + 1]] <- c(i - 1, t, arm, share, exit, promoted, level, x[i], g[i])
    if (exit > 0) break
    if (arm == 0 && runif(1) < plogis(-2.2 + 0.7 * x[i] + 0.4 * (g[i] == 2))) arm <- 1
  }
}
d <- as.data.frame(do.call(rbind, rows))
names(d) <- c("person", "since", "arm", "share", "exit", "promoted", "level", "x", "g")
note <- sprintf("# %s, ordinal %s, made by scripts/reference/compare.R", R.version.string, packageVersion("ordinal"))
put <- function(file, table) {
  con <- file(file.path(into, file), "w"); on.exit(close(con))
  writeLines(note, con)
  write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
}
put("compare_panel.csv", d)

last <- quarters - 1
d$G <- factor(d$g)
# quantile of event times: the first time at or below which a share p of the events lies
at_share <- function(times, p) { n <- table(factor(times, 0:last)); (0:last)[which(cumsum(n) >= p * sum(n))[1]] }
spline <- function(since, df, times) {
  if (df == 0) return(NULL)
  if (df == 1) return(matrix(since, ncol = 1))
  knots <- sapply(seq_len(df - 1) / df, function(p) at_share(times, p))
  ns(since, knots = knots, Boundary.knots = c(0, last))
}
df_reference <- function(events) min(3, events %/% 20, last)
df_arm <- function(events) min(3, if (events >= 20 && events < 100) 1 else events %/% 100, last)
# times: of all events, for the knots; n_arm: events of the target in the arm; n: events of the target in both arms
design <- function(data, times, n, n_arm, z = TRUE, level = TRUE) {
  own <- spline(data$since, df_arm(n_arm), times)
  m <- cbind(spline(data$since, df_reference(n), times), data$arm, if (!is.null(own)) own * data$arm)
  if (z) m <- cbind(m, data$x, data$g == 1, data$g == 2)
  if (level) cbind(1, m) else m
}
zero <- d[!duplicated(d$person), c("person", "x", "g", "promoted")]
everyone <- function(a, t, who = zero) data.frame(since = t, arm = a, x = who$x, g = who$g)
cloglog <- function(y, X, share, weights = rep(1, length(y)))
  coef(suppressWarnings(glm.fit(X, y, weights = weights, offset = log(share), family = binomial("cloglog"), control = list(epsilon = 1e-14, maxit = 100))))
# two competing causes: maximum by Newton steps on the likelihood of docs/compare.md
competing <- function(y, X, share, weights = rep(1, length(y))) {
  p <- ncol(X)
  loss <- function(b) {
    h1 <- share * exp(drop(X %*% b[1:p])); h2 <- share * exp(drop(X %*% b[p + 1:p])); H <- h1 + h2
    -sum(weights * ifelse(y == 0, -H, log(ifelse(y == 1, h1, h2)) - log(H) + log(-expm1(-H))))
  }
  slope <- function(b) {
    h1 <- share * exp(drop(X %*% b[1:p])); h2 <- share * exp(drop(X %*% b[p + 1:p])); H <- h1 + h2
    g <- ifelse(y == 0, -1, 1 / expm1(H) - 1 / H)
    -c(crossprod(X, weights * ((y == 1) + h1 * g)), crossprod(X, weights * ((y == 2) + h2 * g)))
  }
  b <- c(cloglog(y == 1, X, share, weights), cloglog(y == 2, X, share, weights))
  for (k in 1:50) {
    J <- sapply(seq_along(b), function(j) { e <- replace(numeric(2 * p), j, 1e-5); (slope(b + e) - slope(b - e)) / 2e-5 })
    step <- solve((J + t(J)) / 2, slope(b))
    b <- b - step
    if (max(abs(step)) < 1e-10) break
  }
  list(b[1:p], b[p + 1:p])
}
out <- list()
add <- function(outcome, method, arm, horizon, stat, value)
  out[[length(out) + 1]] <<- data.frame(outcome, method, arm, horizon, stat, value = format(value, digits = 15))
horizons <- c(2, 4, 8)

retention <- function(method, w) {
  z <- method == "standardisation"
  times <- d$since[d$exit > 0]; n <- sum(d$exit == 1); n_arm <- sum(d$exit == 1 & d$arm == 1)
  make <- function(data) design(data, times, n, n_arm, z)
  b <- competing(d$exit, make(d), d$share, w)
  for (a in 0:1) {
    there <- 1; gone <- 0
    for (t in 0:last) {
      X <- make(everyone(a, t)); h1 <- exp(drop(X %*% b[[1]])); H <- h1 + exp(drop(X %*% b[[2]]))
      gone <- gone + there * h1 / H * -expm1(-H); there <- there * exp(-H)
      if ((t + 1) %in% horizons) add("retention", method, a, t + 1, 0, 1 - mean(gone))
    }
  }
}
promotion <- function(method, w) {
  z <- method == "standardisation"
  able <- zero$person[zero$promoted >= 0]
  before <- ave(d$promoted == 1, d$person, FUN = function(p) cumsum(p) - p) == 0 & d$person %in% able
  e <- d[before, ]; we <- w[before]
  times <- e$since[e$promoted == 1]; n <- sum(e$promoted == 1); n_arm <- sum(e$promoted == 1 & e$arm == 1)
  make <- function(data) design(data, times, n, n_arm, z)
  b <- cloglog(e$promoted, make(e), e$share, we)
  l <- e[e$promoted == 0, ]; wl <- we[e$promoted == 0]
  ltimes <- l$since[l$exit > 0]; ln <- sum(l$exit > 0); ln_arm <- sum(l$exit > 0 & l$arm == 1)
  lmake <- function(data) design(data, ltimes, ln, ln_arm, z)
  lb <- cloglog(as.integer(l$exit > 0), lmake(l), l$share, wl)
  for (a in 0:1) {
    there <- 1; done <- 0
    for (t in 0:last) {
      h <- exp(drop(make(everyone(a, t, zero[zero$promoted >= 0, ])) %*% b)); hl <- exp(drop(lmake(everyone(a, t, zero[zero$promoted >= 0, ])) %*% lb))
      done <- done + there * -expm1(-h); there <- there * exp(-h - hl)
      if ((t + 1) %in% horizons) add("promotion", method, a, t + 1, 0, mean(done))
    }
  }
}
satisfaction <- function(method, w) {
  z <- method == "standardisation"
  asked <- d$level >= 0; s <- d[asked, ]
  waves <- length(unique(s$since))
  df_reference <<- function(events) min(3, events %/% 20, last, waves - 1)
  df_arm <<- function(events) min(3, if (events >= 20 && events < 100) 1 else events %/% 100, last, waves - 1)
  make <- function(data) design(data, s$since, nrow(s), sum(s$arm == 1), z, FALSE)
  X <- make(s)
  m <- clm(ordered(s$level) ~ X, weights = w[asked], control = clm.control(gradTol = 1e-12, maxIter = 200))
  for (a in 0:1) for (h in horizons) {
    wave <- max(s$since[s$since < h])
    eta <- drop(make(everyone(a, wave)) %*% m$beta)
    above <- sapply(m$alpha, function(k) mean(plogis(eta - k)))
    add("satisfaction", method, a, h, 0, 1 + sum(above))
    add("satisfaction", method, a, h, 1, above[3])
  }
}
# stabilised weights: rows up to the start, from time 1 on (nobody starts at time 0), up to the last start
started <- ave(d$arm, d$person, FUN = cumsum)
stake <- d$since > 0 & started <= 1
s <- d[stake, ]
stimes <- s$since[s$arm == 1]
X <- cbind(1, spline(s$since, min(3, length(stimes) %/% 20, last), stimes), s$x, s$g == 1, s$g == 2)
b <- coef(glm.fit(X, s$arm, family = binomial(), control = list(epsilon = 1e-14, maxit = 100)))
p <- plogis(drop(X %*% b)); share <- ave(s$arm, s$since)
factor_of <- rep(1, nrow(d))
factor_of[stake] <- ifelse(s$arm == 1, share / p, (1 - share) / (1 - p))
w <- ave(factor_of, d$person, FUN = cumprod)
sorted <- sort(w)
low <- sorted[floor(0.01 * (nrow(d) - 1)) + 1]; high <- sorted[floor(0.99 * (nrow(d) - 1) + 0.5) + 1]
w <- pmin(pmax(w, low), high)
add("weights", "lowest", 0, 0, 0, min(w)); add("weights", "highest", 0, 0, 0, max(w)); add("weights", "mean", 0, 0, 0, mean(w))
add("weights", "effective_share", 0, 0, 0, sum(w)^2 / sum(w^2) / nrow(d))
one <- rep(1, nrow(d))
retention("standardisation", one); retention("weighting", w)
promotion("standardisation", one); promotion("weighting", w)
satisfaction("standardisation", one); satisfaction("weighting", w)
put("compare_levels.csv", do.call(rbind, out))

# Unknown arms: the same panel with the arm of some rows unknown, filled in four ways (docs/compare.md, "Unknown groups"); the people of unknown
# arm are those of person %% 6 == 1 from quarter 1 + person %% 3 on. method = estimator/filling.
all <- d
unknown <- all$person %% 6 == 1 & all$since >= 1 + all$person %% 3
with_of <- list(
  retention = unknown & all$exit == 1, promotion = unknown & all$promoted == 1,
  satisfaction = ave(ifelse(unknown & all$level >= 0, all$level - mean(all$level[all$level >= 0]), 0), all$person, FUN = sum) > 0)
with_of <- lapply(with_of, function(w) ave(as.numeric(w), all$person, FUN = max) > 0)
weights_now <- function() {
  stake <- d$since > 0 & ave(d$arm, d$person, FUN = function(a) cumsum(a) - a) == 0
  s <- d[stake, ]; stimes <- s$since[s$arm == 1]
  X <- cbind(1, spline(s$since, min(3, length(stimes) %/% 20, last), stimes), s$x, s$g == 1, s$g == 2)
  b <- coef(glm.fit(X, s$arm, family = binomial(), control = list(epsilon = 1e-14, maxit = 100)))
  p <- plogis(drop(X %*% b)); share <- ave(s$arm, s$since)
  f <- rep(1, nrow(d)); f[stake] <- ifelse(s$arm == 1, share / p, (1 - share) / (1 - p))
  w <- ave(f, d$person, FUN = cumprod); sorted <- sort(w)
  pmin(pmax(w, sorted[floor(0.01 * (nrow(d) - 1)) + 1]), sorted[floor(0.99 * (nrow(d) - 1) + 0.5) + 1])
}
estimators <- list(retention = retention, promotion = promotion, satisfaction = satisfaction)
out <- list()
for (filling in c("reference", "arm", "with", "without")) for (outcome in names(estimators)) {
  d <- all
  with <- with_of[[outcome]]
  d$arm[unknown] <- switch(filling, reference = 0, arm = 1, with = as.numeric(with), without = as.numeric(!with))[if (filling %in% c("with", "without")) unknown else 1]
  df_reference <- function(events) min(3, events %/% 20, last)
  df_arm <- function(events) min(3, if (events >= 20 && events < 100) 1 else events %/% 100, last)
  estimators[[outcome]]("standardisation", one)
  df_reference <- function(events) min(3, events %/% 20, last)
  df_arm <- function(events) min(3, if (events >= 20 && events < 100) 1 else events %/% 100, last)
  estimators[[outcome]]("weighting", weights_now())
  for (k in seq_along(out)) if (!grepl("/", out[[k]]$method)) out[[k]]$method <- paste0(out[[k]]$method, "/", filling)
}
put("compare_bounds.csv", do.call(rbind, out))
