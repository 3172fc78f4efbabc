/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and sentences of status codes and trust values, made from the lists in status.h. */
#include "mentorlab/core.h"

const char *mlab_status_name(mlab_status status)
{
    switch (status) {
    case MLAB_OK: return "MLAB_OK";
#define MLAB_X(name, code, sentence)                                                                                                                 \
    case MLAB_##name: return "MLAB_" #name;
        MLAB_STATUS_ALL(MLAB_X)
#undef MLAB_X
    }
    return "MLAB_UNKNOWN";
}

const char *mlab_status_sentence(mlab_status status)
{
    switch (status) {
    case MLAB_OK: return "no error";
#define MLAB_X(name, code, sentence)                                                                                                                 \
    case MLAB_##name: return sentence;
        MLAB_STATUS_ALL(MLAB_X)
#undef MLAB_X
    }
    return "an unknown status";
}

const char *mlab_trust_sentence(mlab_trust trust)
{
    switch (trust) {
#define MLAB_X(name, code, sentence)                                                                                                                 \
    case MLAB_##name: return sentence;
        MLAB_TRUST_ALL(MLAB_X)
#undef MLAB_X
    }
    return "an unknown trust value";
}

const char *mlab_trust_name(mlab_trust trust)
{
    switch (trust) {
    case MLAB_TRUSTED: return "trusted";
    case MLAB_NOT_CONVERGED: return "not_converged";
    case MLAB_SEPARATED: return "separated";
    case MLAB_INDEFINITE: return "indefinite";
    case MLAB_TOO_FEW_EVENTS: return "too_few_events";
    case MLAB_TOO_FEW_CLUSTERS: return "too_few_clusters";
    case MLAB_NO_OVERLAP: return "no_overlap";
    case MLAB_BOOTSTRAP_FAILED: return "bootstrap_failed";
    case MLAB_IMMORTAL_TIME: return "immortal_time";
    case MLAB_ON_BOUNDARY: return "on_boundary";
    }
    return "unknown";
}
