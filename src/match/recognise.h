/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of recognising sign-up lists: words of headings, and what the cells are like. */
#ifndef MLAB_MATCH_RECOGNISE_H
#define MLAB_MATCH_RECOGNISE_H

#include "core/text.h"
#include "mentorlab/match.h"

extern const char *const mlab_words_id[],
    *const mlab_words_role[], *const mlab_words_capacity[],
                                  *const mlab_words_need[], *const mlab_words_offer[],
                                                                *const mlab_words_interests[],
                                                                    *const mlab_words_grade[],
                                                                        *const mlab_words_department[],
                                                                            *const mlab_words_language[],
                                                                                *const mlab_words_site[], *const mlab_words_zone[],
                                                                                                              *const mlab_words_availability[],
                                                                                                                  *const mlab_words_manager[],
                                                                                                                      *const mlab_words_not[],
                                                                                                                          *const mlab_words_contact[];

/* The column whose heading is the earliest of the words; NULL = none. */
const mlab_column *mlab_recognise_column(const mlab_table *table, const char *const *words);
bool mlab_recognise_is_one(const mlab_column *column, const char *const *words);
bool mlab_recognise_is_text(const mlab_column *column);
bool mlab_recognise_is_number(const mlab_table *table, const mlab_column *column);
bool mlab_recognise_is_hours(const mlab_table *table, const mlab_column *column);
/* Long texts, most of them different. */
bool mlab_recognise_is_free_text(const mlab_table *table, const mlab_column *column);
/* What stands between the items of lists, in most cells of both columns; ";" when nothing does. */
const char *mlab_recognise_separator(const mlab_table *a, const mlab_column *in_a, const mlab_table *b, const mlab_column *in_b);
bool mlab_recognise_has_lists(const mlab_table *table, const mlab_column *column, const char *separator);
/* Columns of first, second, ... choice; returns how many. */
size_t mlab_recognise_choices(const mlab_table *table, const mlab_column **into, size_t most);
/* The mentors' column whose values the choices are: id, name or e-mail; NULL = none fits. */
const char *mlab_recognise_called(const mlab_table *mentees, const mlab_column *choice, const mlab_table *mentors, const char *id);
/* A heading as YAML text, always in quotes: any heading is safe there. */
void mlab_recognise_quote(mlab_text *text, const char *heading);

#endif
