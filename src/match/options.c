/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of matching: one row each. */
#include "match/options.h"

#include "match/match.h"

#include <stddef.h>

#define AT(field_) offsetof(mlab_match_settings, field_)
#define DECIDES MLAB_OPTION_DECIDES
#define APART (MLAB_OPTION_DECIDES | MLAB_OPTION_NO_STRUCT)
#define NOT_BUILT (MLAB_OPTION_NOT_BUILT | MLAB_OPTION_NO_STRUCT)

const mlab_option mlab_match_option_rows[] = {
    {"matching", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "who is matched with whom", APART},
    {"matching.id", NULL, NULL, MLAB_OPTION_TEXT, AT(id_column), NULL, 0, 0, NULL, "", "column with the ids; that of the people when absent",
     DECIDES},
    {"matching.mentors", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "who can be a mentor", APART},
    {"matching.mentors.where", NULL, NULL, MLAB_OPTION_TEXT, AT(mentor_where), NULL, 0, 0, NULL, "", "expression that mentors fulfil", DECIDES},
    {"matching.mentors.capacity", "capacity", "match", MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "places",
     "places a mentor offers: a number, or the map below", APART},
    {"matching.mentors.capacity.from", NULL, NULL, MLAB_OPTION_TEXT, AT(capacity_column), NULL, 0, 0, NULL, "", "column with the places", DECIDES},
    {"matching.mentors.capacity.default", NULL, NULL, MLAB_OPTION_INTEGER, AT(default_capacity), "1", 0, 100, NULL, "places",
     "places of a mentor for whom none are given", DECIDES},
    {"matching.mentees", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "who can be a mentee", APART},
    {"matching.mentees.where", NULL, NULL, MLAB_OPTION_TEXT, AT(mentee_where), NULL, 0, 0, NULL, "", "expression that mentees fulfil", DECIDES},
    {"matching.role", NULL, "match", MLAB_OPTION_TEXT, AT(role_column), NULL, 0, 0, NULL, "", "column that says mentor, mentee or both", DECIDES},
    {"matching.score", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "terms of the score by name", APART},
    {"matching.score.*", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "one term; its name is the column when none is given", APART},
    {"matching.score.*.need", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "mentees' column of what they want, a list in a cell", APART},
    {"matching.score.*.offer", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "mentors' column of what they offer, a list in a cell", APART},
    {"matching.score.*.separator", NULL, NULL, MLAB_OPTION_TEXT, 0, ";", 0, 0, NULL, "", "between the items of a list", APART},
    {"matching.score.*.best", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, -1e6, 1e6, NULL, "", "gap (mentor less mentee) that fits best", APART},
    {"matching.score.*.spread", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, 1e-9, 1e6, NULL, "",
     "distance from the best gap at which the term is 0; |best| + 1 when absent", APART},
    {"matching.score.*.same", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, "must|prefer|avoid|never", "", "whether the two should be alike", APART},
    {"matching.score.*.column", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "column of both sides", APART},
    {"matching.score.*.mentee", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "column of the mentees", APART},
    {"matching.score.*.mentor", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "column of the mentors", APART},
    {"matching.score.*.weight", NULL, NULL, MLAB_OPTION_CHOICE, 0, "some", 0, 0, "high|some|low|must", "",
     "high counts 4, some 2, low 1; must rules out", APART},
    {"matching.forbid", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "",
     "pairs that may not be: past_pair, {line_manager: column, levels: 2}, {same_team: column}, {list: file}", APART},
    {"matching.policies", "policy", "match run", MLAB_OPTION_ANY, 0, "optimal", 0, 0, NULL, "",
     "rules that match: random, deferred_acceptance, optimal", APART},
    {"matching.seed", NULL, NULL, MLAB_OPTION_INTEGER, AT(seed), "1", 0, 9007199254740992.0, NULL, "", "seed of the lots that decide ties", DECIDES},
    {"matching.lock", NULL, NULL, MLAB_OPTION_ANY, 0, NULL, 0, 0, NULL, "", "pairs that stay as they are", NOT_BUILT},
};
const size_t mlab_match_n_option_rows = sizeof mlab_match_option_rows / sizeof *mlab_match_option_rows;
