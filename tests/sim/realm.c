#include "tests/sim/realm.h"

#include <inttypes.h>
#include <string.h>

#define FIELD_BYTES 512

void
realm_head(struct sim *sim, struct visit *v, struct moment now)
{
	struct fault_call call = { .route = FAULT_TOKEN };
	const struct fault *f;

	sim->ledger.token_calls++;
	ledger_takes_off(&sim->ledger.tokens_flying);
	v->answer.delay_ms = sim->options.latency_ms;
	f = faults_pick(&sim->faults, &call, now.mono_ms);
	if (f != NULL)
		fault_spoil(f, &call, &v->answer);
}

static void
refuse(struct visit *v, int status, const char *error, const char *description)
{
	answer_set(&v->answer, status,
	    "{\"error\":\"%s\",\"error_description\":\"%s\"}", error,
	    description);
}

static bool
is_form(struct span type)
{
	struct span want = SPAN("application/x-www-form-urlencoded");

	if (type.len > want.len && type.at[want.len] == ';')
		type.len = want.len;
	return span_equal_nocase(type, want);
}

static bool
check_grant(struct visit *v, struct span form)
{
	char grant[FIELD_BYTES];

	if (!request_parameter(form, "grant_type", grant, sizeof grant))
		refuse(v, 400, "invalid_request",
		    "Missing form parameter: grant_type");
	else if (strcmp(grant, "client_credentials") != 0)
		refuse(
		    v, 400, "unsupported_grant_type", "Unsupported grant_type");
	return v->answer.status == 0;
}

static bool
check_client(const struct sim *sim, struct visit *v, struct span form)
{
	char id[FIELD_BYTES], secret[FIELD_BYTES];

	if (!request_parameter(form, "client_id", id, sizeof id) ||
	    strcmp(id, sim->options.client_id) != 0)
		refuse(v, 401, "invalid_client",
		    "Invalid client or Invalid client credentials");
	else if (!request_parameter(
		     form, "client_secret", secret, sizeof secret) ||
		 strcmp(secret, sim->options.client_secret) != 0)
		refuse(v, 401, "unauthorized_client",
		    "Invalid client or Invalid client credentials");
	return v->answer.status == 0;
}

static void
give_token(struct sim *sim, struct visit *v, struct moment now)
{
	struct span token = tokens_issue(
	    &sim->tokens, sim->options.client_id, v->part[0], now.wall_ms);

	v->answer.status = 200;
	buffer_print(&v->answer.body,
	    "{\"access_token\":\"%.*s\",\"expires_in\":%" PRId64
	    ",\"refresh_expires_in\":0,\"token_type\":\"Bearer\","
	    "\"not-before-policy\":0,\"scope\":\"profile email\"}",
	    (int)token.len, token.at, sim->tokens.ttl_s);
	answer_header(&v->answer, "Cache-Control: no-store");
	answer_header(&v->answer, "Pragma: no-cache");
}

static void
answer_form(
    struct sim *sim, struct visit *v, struct span form, struct moment now)
{
	if (strpbrk(v->part[0], "\"\\%") != NULL ||
	    (sim->options.org != NULL &&
		strcmp(sim->options.org, v->part[0]) != 0))
		refuse(v, 404, "Realm does not exist", "");
	else if (!is_form(v->request.header[HEADER_CONTENT_TYPE]))
		refuse(v, 415, "HTTP 415 Unsupported Media Type", "");
	else if (check_grant(v, form) && check_client(sim, v, form))
		give_token(sim, v, now);
}

void
realm_body(
    struct sim *sim, struct visit *v, struct span body, struct moment now)
{
	struct fault_call call = {
		.route = FAULT_TOKEN,
		.has_body = true,
		.body = body,
		.credential = body,
	};
	const struct fault *f;

	answer_form(sim, v, body, now);
	f = faults_pick(&sim->faults, &call, now.mono_ms);
	if (f != NULL)
		fault_spoil(f, &call, &v->answer);
}

void
realm_done(struct sim *sim, struct visit *v, bool told)
{
	sim->ledger.token_by_status[told ? v->answer.status : 0]++;
	ledger_lands(&sim->ledger.tokens_flying);
}
