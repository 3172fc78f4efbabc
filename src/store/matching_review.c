/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /review: what became of everybody when decisions were taken up, under pseudonyms; the pairs then in /review/reviewed, as those of a policy. */
#include "store/matching.h"
#include "store/stages.h"

#include "core/memory.h"

#include <math.h>

static void put_changes(const mlab_h5_group *group, const mlab_review *review, const mlab_store_crowd *mentees, const mlab_store_crowd *mentors)
{
    const mlab_context *context = group->file->context;
    const size_t n = mentees->n;
    int32_t *whom = mlab_allocate(context, n, 2 * sizeof *whom);
    double *points = mlab_allocate(context, n, sizeof *points);
    char **fates = mlab_allocate(context, n, sizeof *fates);
    if (!whom || !points || !fates) mlab_h5_fail(group->file, MLAB_ERR_MEMORY, "no memory to write a review");
    for (size_t i = 0; whom && points && fates && i < n; i++) {
        const mlab_review_change *c = &review->changes[mentees->people[i].was];
        whom[i] = c->before == MLAB_UNMATCHED ? MLAB_UNMATCHED : (int32_t)mentors->place[c->before];
        whom[n + i] = c->after == MLAB_UNMATCHED ? MLAB_UNMATCHED : (int32_t)mentors->place[c->after];
        points[i] = c->points;
        fates[i] = (char *)(uintptr_t)c->fate; /* read only */
    }
    if (whom && points && fates) {
        mlab_h5_dimension_texts(group, "mentee", mentees->names, n, "mentee, pseudonym");
        mlab_h5_dimension_texts(group, "mentor", mentors->names, mentors->n, "mentor, pseudonym");
        mlab_h5_put_texts(group, "fate", "mentee", fates, "kept, moved, rematched, placed, lost, waiting or withdrawn");
        mlab_h5_put(group, "before", "mentee", MLAB_H5_INT32, whom, "1", "place of the mentor before, -1 = nobody; of several one who went");
        mlab_h5_put(group, "after", "mentee", MLAB_H5_INT32, whom + n, "1", "place of the mentor now, -1 = nobody; of several one who came");
        mlab_h5_put(group, "points", "mentee", MLAB_H5_REAL, points, "1", "score now less score before, nobody counting 0");
    }
    mlab_release(context, whom);
    mlab_release(context, points);
    mlab_release(context, fates);
}

static void put_counts(const mlab_h5_group *group, const mlab_review *review)
{
    const struct {
        const char *name;
        size_t n;
        const char *long_name;
    } counts[] = {{"kept", review->kept, "mentees with the same mentor"},
                  {"moved", review->moved, "with another, without having asked"},
                  {"rematched", review->rematched, "with another after a decline"},
                  {"placed", review->placed, "had none and have one"},
                  {"lost", review->lost, "had one and have none"},
                  {"waiting", review->waiting, "had none and have none"},
                  {"withdrawn", review->withdrawn, "take no part any more"},
                  {"broken", review->broken, "accepted pairs that could not be kept"},
                  {"fell", review->n_fell, "with a pair before and after, of a lower score"}};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        mlab_h5_put_integer(group, counts[k].name, (int64_t)counts[k].n, "person", counts[k].long_name);
    mlab_h5_put_real(group, "total_before", review->total_before, "1", "total score of the pairs before");
    mlab_h5_put_real(group, "total", review->total, "1", "total score now");
    mlab_h5_put_real(group, "total_free", review->total_free, "1", "highest total with nobody bound but accepted and locked pairs");
    mlab_h5_put_real(group, "lost_points", review->lost_points, "1", "points by which scores fell, of all whose score fell");
}

void mlab_store_put_review(const mlab_h5_group *root, const mlab_review *review, const char *secret)
{
    const mlab_context *context = root->file->context;
    mlab_store_crowd mentees = {0}, mentors = {0};
    if (root->file->status) return;
    if (!secret || !*secret) {
        mlab_h5_fail(root->file, MLAB_ERR_ARGUMENT, "a review is stored under pseudonyms; the secret for them is missing");
        return;
    }
    mlab_h5_group group = mlab_h5_group_make(root, "review");
    if (mlab_store_mask(context, review->pairs->mentees, review->pairs->n_mentees, secret, &mentees) &&
        mlab_store_mask(context, review->pairs->mentors, review->pairs->n_mentors, secret, &mentors))
        put_changes(&group, review, &mentees, &mentors);
    else
        mlab_h5_fail(group.file, MLAB_ERR_MEMORY, "no memory to write a review");
    put_counts(&group, review);
    mlab_store_put_policy(&group, review->pairs, secret);
    mlab_store_unmask(context, &mentees);
    mlab_store_unmask(context, &mentors);
    mlab_h5_group_close(&group);
}
