# SPDX-License-Identifier: GPL-3.0-or-later
# Reference state occupation and restricted mean times for tests/fit/test_occupation.c: survival::survfit with influence.
#   Rscript scripts/reference/occupation.R tests/reference
# Reads rossi.csv there (scripts/reference/curves.R), writes myeloid.csv and occupation.csv.
suppressMessages(library(survival))
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
put <- function(file, head, table) {
  con <- file(file.path(into, file), "w"); on.exit(close(con))
  writeLines(head, con)
  write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
}
version <- sprintf("# %s, survival %s", R.version.string, packageVersion("survival"))

# Share, time spent and their errors at `times` of every state, from the influence of each person (or row): the integral of a step function.
# weight: of each person, by group; the influence is that of a unit.
rows <- function(name, fit, times, weight = NULL) {
  groups <- if (is.null(fit$strata)) "" else sub("^[^=]*=", "", names(fit$strata))
  last <- if (is.null(fit$strata)) length(fit$time) else cumsum(fit$strata)
  first <- c(1, head(last, -1) + 1)
  p0 <- matrix(fit$p0, nrow = length(groups))
  influence <- if (is.list(fit$influence.pstate)) fit$influence.pstate else list(fit$influence.pstate)
  do.call(rbind, lapply(seq_along(groups), function(g) do.call(rbind, lapply(times, function(t) {
    at <- first[g]:last[g]
    time <- fit$time[at]; p <- rbind(p0[g, ], fit$pstate[at, , drop = FALSE]); u <- influence[[g]]
    if (!is.null(weight)) u <- u * weight[[g]]
    k <- sum(time <= t)
    width <- diff(c(0, time[seq_len(k)], t))
    if (dim(u)[2] == length(time)) { z <- array(0, dim(u) + c(0, 1, 0)); z[, -1, ] <- u; u <- z } # no influence on the beginning
    share <- p[k + 1, ]; stay <- colSums(width * p[seq_len(k + 1), , drop = FALSE])
    u_stay <- apply(u[, seq_len(k + 1), , drop = FALSE], c(1, 3), function(x) sum(x * width))
    stopifnot(abs(sqrt(colSums(matrix(u[, k + 1, ], ncol = length(share))^2)) - fit$std.err[at, , drop = FALSE][k, ]) < 1e-10) # its own error
    data.frame(case = name, group = groups[g], time = t, state = seq_along(fit$states) - 1, share = number(share),
               share_se = number(sqrt(colSums(matrix(u[, k + 1, ], ncol = length(share))^2))), stay = number(stay),
               stay_se = number(sqrt(colSums(matrix(u_stay, ncol = length(stay))^2))))
  }))))
}

m <- myeloid
t1 <- tmerge(m[, c("id", "trt")], m, id = id, death = event(futime, death), sct = event(txtime), cr = event(crtime), relapse = event(rltime))
t1$what <- with(t1, ifelse(death == 1, 4, ifelse(relapse == 1, 3, ifelse(sct == 1, 2, ifelse(cr == 1, 1, 0)))))
t1$state <- factor(t1$what, 0:4, c("none", "response", "transplant", "relapse", "death"))
check <- survcheck(Surv(tstart, tstop, state) ~ 1, t1, id = id)
t1$from <- as.integer(factor(check$istate, c("(s0)", "response", "transplant", "relapse", "death"))) - 1
t1$to <- ifelse(t1$what == 0 | t1$what == t1$from, -1, t1$what)
t1$weight <- 1 + t1$id %% 3
put("myeloid.csv", c("# survival::myeloid (LGPL >= 2), 646 simulated patients, as moves between none 0, response 1, transplant 2, relapse 3, death 4",
    version), data.frame(id = t1$id, arm = t1$trt, start = t1$tstart, stop = t1$tstop, from = t1$from, to = t1$to, weight = t1$weight))


r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#")
r$one <- factor(r$arrest, 0:1); r$two <- factor(r$cause, 0:2)
p1 <- t1[!duplicated(t1$id), ]
days <- c(100, 365.25, 1000)
all <- rbind(
  rows("myeloid", survfit(Surv(tstart, tstop, state) ~ trt, t1, influence = TRUE, id = id), days),
  rows("myeloid_weight", survfit(Surv(tstart, tstop, state) ~ trt, t1, influence = TRUE, id = id, weights = weight), days, split(p1$weight, p1$trt)),
  rows("rossi", survfit(Surv(week, one) ~ fin, r, influence = TRUE, id = row), c(20, 52)),
  rows("rossi_causes", survfit(Surv(week, two) ~ fin, r, influence = TRUE, id = row, weights = weight), c(20, 52), split(r$weight, r$fin)),
  rows("rossi_entry", survfit(Surv(entry, week, two) ~ fin, r, influence = TRUE, id = row), c(20, 52)))
put("occupation.csv", c("# share of every state and mean time in it up to the time, from survfit(influence = TRUE); tolerance 1e-10", version), all)
# the same by the program's own table
s <- summary(survfit(Surv(week, arrest) ~ fin, r), rmean = 52)$table[, c("rmean", "se(rmean)")]
mine <- subset(all, case == "rossi" & time == 52 & state == 0)
stopifnot(abs(as.numeric(mine$stay) - s[, 1]) < 1e-10, abs(as.numeric(mine$stay_se) - s[, 2]) < 1e-10)
