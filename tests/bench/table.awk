# SPDX-License-Identifier: GPL-3.0-or-later
# The tables of tests/bench/table from three files of lines: the machine's limits, the peers', ours.

# The number before a unit in "median 1.5 s, processor 1.4 s, peak 30 MB"
function number(line, name, at) {
    at = index(line, name " ")
    return at ? substr(line, at + length(name) + 1) + 0 : 0
}

function seconds(x) { return x >= 100 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : x >= 1 ? sprintf("%.2f", x) : x >= 0.1 ? sprintf("%.3f", x) : sprintf("%.4f", x) }
function thousands(n, s) { for (s = ""; n >= 1000; n = int(n / 1000)) s = sprintf(",%03d", n % 1000) s; return n s }
function times(x) { return x >= 10 ? sprintf("%.0f", x) : sprintf("%.1f", x) }

FILENAME == ARGV[1] {
    value = substr($0, index($0, " to ") + 4) + 0 # the greatest: what other work on the machine did not slow
    if (/^memory/ && / 1 +[0-9.]+ +\(/ && value * 1e9 > bandwidth) bandwidth = value * 1e9
    if (/^exp, ours/ && value > exps) exps = value
    if (/^log, ours/ && value > logs) logs = value
    if (/^uniforms, 2/ && value > uniforms) uniforms = value
    next
}
FILENAME == known && /^#/ { date = substr($0, 3); next }
/^(R|Python|mentorlab) / {
    who = $1 == "mentorlab" ? FILENAME == known ? "turn" : "ours" : $1
    what = substr($2, 1, length($2) - 1)
    key = who SUBSEP what SUBSEP number($0, "rows") SUBSEP number($0, "threads")
    runs = ++seen[key]
    clock[key] += (number($0, "median") - clock[key]) / runs # those in turn with a peer: the mean of the run before it and the run after it
    processor[key] += (number($0, "processor") - processor[key]) / runs
    peak[key] = number($0, "peak")
}

# One peer's cell, and how many times as long as ours: the run of ours beside it where there is one. With one thread the processor's seconds, with two the clock's
function beside(peer, who, what, n, threads, other, ours, factor, theirs) {
    other = who SUBSEP what SUBSEP n SUBSEP threads
    factor = 1
    if (!(other in clock) && (who SUBSEP "some_" what "s" SUBSEP n SUBSEP threads) in clock) {
        other = who SUBSEP "some_" what "s" SUBSEP n SUBSEP threads
        factor = 5
    }
    ours = "turn" SUBSEP what SUBSEP n SUBSEP threads
    if (!(other in clock)) return
    if (!(ours in clock)) ours = "ours" SUBSEP what SUBSEP n SUBSEP threads
    theirs = factor * (threads == 1 ? processor[other] : clock[other])
    cell = cell (cell == "" ? "" : "; ") peer (threads == 1 ? "" : ", two threads") ": " seconds(theirs) (factor > 1 ? " (five times 200)" : "") ", " sprintf("%.0f", peak[other]) " MB"
    ratio = ratio (ratio == "" ? "" : "; ") times(theirs / (threads == 1 ? processor[ours] : clock[ours]))
}

# One row: name, task, rows, peer, goal, bytes, exponentials and uniforms of one pass over one row
function row(name, what, n, peer, goal, bytes, exponentials, random, one, two, floor) {
    one = "ours" SUBSEP what SUBSEP n SUBSEP 1
    two = "ours" SUBSEP what SUBSEP n SUBSEP 2
    if (!(one in clock)) return
    floor = n * (bytes / bandwidth + exponentials / exps / 1e6 + random / uniforms / 1e6)
    if (what == "bootstrap") floor *= 1000
    cell = ratio = ""
    beside("`Logit` of statsmodels", "Python", what, n, 1)
    beside(peer, "R", what, n, 1)
    beside(peer, "R", what, n, 2)
    printf "| %s, %s | %s (%s) | %s | %.0f | %s | %s | %s | %s | %s |\n", name, thousands(n), seconds(clock[one]), seconds(processor[one]),
        two in clock ? seconds(clock[two]) : "", peak[one], cell, ratio, goal, seconds(floor), times(processor[one] / floor)
}

function growth(what, title, n, key, line, any) {
    line = ""
    for (n = 1000; n <= 10000000; n *= 10) {
        key = "ours" SUBSEP what SUBSEP n SUBSEP 1
        line = line " " (key in clock ? seconds(processor[key]) " s, " sprintf("%.0f", peak[key]) " MB" : "") " |"
        any = any || key in clock
    }
    if (any) print "| " title " |" line
}

END {
    printf "Commit %s, %s. One pass at the floor: %.1f GB/s of memory, %.0f M/s exponentials, %.0f M/s logarithms, %.0f M/s uniforms, one thread.\n", commit, machine, bandwidth / 1e9, exps, logs, uniforms
    print "Seconds of the clock (in brackets of the processor) with one thread, of the clock with two; a peer's of the processor with one thread, of the clock with two" (date == "" ? "" : "; " date) "."
    print ""
    print "| task, rows | one thread, s | two threads, s | peak, MB | peer, s | times | goal | one pass at the floor, s | in such passes |"
    print "|---|---|---|---|---|---|---|---|---|"
    row("logistic hazard", "logit", m, "`glm`", "15 (of statsmodels)", 72, 1, 0)
    row("logistic hazard", "logit", t, "`glm`", "20 (of statsmodels)", 72, 1, 0)
    row("complementary log-log hazard", "cloglog", m, "`glm`", "", 72, 1, 0)
    row("complementary log-log hazard", "cloglog", t, "`glm`", "50", 72, 1, 0)
    row("cumulative logit, 5 levels", "ordinal", m, "`clm`", "40", 68, 2, 0)
    row("cumulative logit, 5 levels", "ordinal", t, "`clm`", "", 68, 2, 0)
    row("mixed logistic, departments", "mixed_logit", k, "`glmmTMB`", "100", 76, 1, 0)
    row("mixed logistic, departments", "mixed_logit", m, "`glmmTMB`", "100", 76, 1, 0)
    row("mixed ordinal, departments", "mixed_ordinal", h, "`clmm`", "100", 72, 2, 0)
    row("mixed ordinal, departments", "mixed_ordinal", m, "`clmm`", "seconds", 72, 2, 0)
    row("gaussian, departments", "mixed_linear", m, "`lmer`", "40", 76, 0, 0)
    row("gaussian, departments and people", "mixed_people", m, "`lmer`", "40", 80, 0, 0)
    row("Cox, 5 covariates", "cox", people, "`coxph`", "20", 52, 1, 0)
    row("Kaplan-Meier, 3 arms", "km", people, "`survfit`", "10", 16, 0, 0)
    row("Aalen-Johansen, 3 arms", "aj", people, "`survfit`", "40", 16, 0, 0)
    row("Fine-Gray, 5 covariates", "fine_gray", f, "`crr`", "200", 48, 1, 0)
    row("1,000 bootstraps, weighted estimate", "bootstrap", b, "`glm.fit`", "100", 0, 2, 1)
    row("1,000 bootstraps, weighted estimate", "bootstrap", c, "`glm.fit`", "100", 0, 2, 1)
    print ""
    print "Growth, one thread, seconds of the processor and peak memory, data included:"
    print ""
    print "| rows or people | 1,000 | 10,000 | 100,000 | 1,000,000 | 10,000,000 |"
    print "|---|---|---|---|---|---|"
    growth("logit", "logistic hazard")
    growth("cloglog", "complementary log-log hazard")
    growth("ordinal", "cumulative logit")
    growth("cox", "Cox")
    growth("km", "Kaplan-Meier")
    growth("aj", "Aalen-Johansen")
    growth("fine_gray", "Fine-Gray")
    growth("mixed_logit", "mixed logistic, a department for 500 rows")
}
