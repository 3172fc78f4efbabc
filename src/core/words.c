/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader's words: what screens and reports say for the technical words of code, files and methods. */
#include "core/words.h"
#include "core/text.h"

static const mlab_word words[] = {
    {"arm", "group", "groups",
     "What a person is exposed to: no mentoring, an informal mentor, a structured program, or any other name the study gives."},
    {"contrast", "difference", "differences",
     "How much better or worse the outcome would have been had everyone been in one group and not in another."},
    {"estimand", "question", "questions", "The exact quantity that is estimated, as a sentence: for whom, which groups, which outcome, by when."},
    {"overlap", "comparable people", "comparable people",
     "Whether each group has people like those of the other groups; without them a difference is guesswork."},
    {"balance", "likeness of the groups", "likeness of the groups", "How alike the groups are in what was recorded, before and after weighting."},
    {"hazard", "chance per month", "chances per month",
     "The chance that the event happens within a month to someone to whom it has not happened yet."},
    {"draw", "simulated future", "simulated futures",
     "One set of values of what is not known exactly, such as an effect; many of them show how unsure the answer is."},
    {"replicate", "simulated future", "simulated futures", "One run of chance with the values of a draw; many of them average luck out."},
    {"policy", "matching rule", "matching rules", "The rule by which mentees are given mentors, for example at random or for the best total score."},
    {"scenario", "plan", "plans", "One way to run the program, in one organisation, under stated assumptions."},
    {"capacity", "places", "places", "How many mentees a mentor can take."},
    {"pool", "list of people", "lists of people", "The mentors and mentees who are to be matched."},
    {"relationship", "mentoring relationship", "mentoring relationships", "A tie between a mentor and a mentee with a start, an end and a form."},
    {"spell", "stretch of time", "stretches of time", "Time during which nothing about a person changed."},
    {"panel", "table of person-periods", "tables of person-periods",
     "One row for each person and period, with the state at its start and what happened in it."},
    {"period", "period", "periods", "The step of time of the study, for example a quarter; what counts is the state at its start."},
    {"outcome", "outcome", "outcomes", "What the program is judged by, for example promotion, satisfaction or retention."},
    {"metric", "figure", "figures", "A number that a simulated future ends with, for example the share of people retained."},
    {"exposure", "mentoring", "mentoring", "Being in a group other than the one without mentoring; it counts from the start of the relationship."},
    {"censored", "not known to the end", "not known to the end", "The person was followed until a day and what happened later is not known."},
    {"cluster", "people who belong together", "people who belong together",
     "Rows that are not independent, for example of one person or one department; the uncertainty allows for it."},
    {"confounding", "other reasons", "other reasons",
     "Differences between the groups that were there before the mentoring and also move the outcome."},
    {"E-value", "strength of a hidden reason", "strengths of hidden reasons",
     "How strongly something unrecorded would have to go with both mentoring and outcome to explain the difference away."},
    {"interval", "likely range", "likely ranges", "The range that holds the true value in 95 of 100 studies like this one, if the assumptions hold."},
    {"net present value", "return in today's money", "returns in today's money",
     "All benefits less all costs, later ones counted less by the discount rate."},
    {"career support", "career support", "career support",
     "Sponsoring, coaching, exposure and protection by a mentor; one of the two functions of Kram (1985)."},
    {"psychosocial support", "personal support", "personal support",
     "Encouragement, counselling and friendship by a mentor; one of the two functions of Kram (1985)."},
    {"developmental network", "circle of supporters", "circles of supporters", "All mentoring relationships that one person has at a time."},
};

const mlab_word *mlab_words(size_t *n)
{
    *n = sizeof words / sizeof *words;
    return words;
}

const mlab_word *mlab_word_find(const char *term_or_shown)
{
    const size_t n = sizeof words / sizeof *words;
    for (size_t i = 0; i < n; i++)
        if (mlab_equal_fold(words[i].term, term_or_shown)) return &words[i];
    for (size_t i = 0; i < n; i++)
        if (mlab_equal_fold(words[i].shown, term_or_shown) || mlab_equal_fold(words[i].many, term_or_shown)) return &words[i];
    return NULL;
}
