/*
 * realm - the token endpoint, as Keycloak answers.
 *
 * Only the client credentials grant, by form.
 *
 * Threads	one.
 * Errors	none: a refusal is an answer.
 */
#ifndef SIM_REALM_H
#define SIM_REALM_H

#include "tests/sim/sim.h"
#include "tests/sim/visit.h"

void realm_head(struct sim *sim, struct visit *v, struct moment now);
void realm_body(
    struct sim *sim, struct visit *v, struct span body, struct moment now);
void realm_done(struct sim *sim, struct visit *v, bool told);

#endif
