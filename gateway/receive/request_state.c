#include "gateway/receive/request_state.h"

#define ON(event) [REQUEST_EVENT_##event]

/* clang-format off */
static const enum request_state next[REQUEST_STATES][REQUEST_EVENTS] = {
[REQUEST_HEAD] = {
	ON(OK) = REQUEST_BODY,		ON(REFUSE) = REQUEST_REPLY,
	ON(TIMEOUT) = REQUEST_DISCARD,	ON(HANGUP) = REQUEST_DONE,
},
[REQUEST_BODY] = {
	ON(OK) = REQUEST_STORE,		ON(REFUSE) = REQUEST_DISCARD,
	ON(TIMEOUT) = REQUEST_DISCARD,	ON(HANGUP) = REQUEST_DONE,
	ON(DATA) = REQUEST_BODY,
},
[REQUEST_STORE] = {
	ON(OK) = REQUEST_REPLY,		ON(REFUSE) = REQUEST_REPLY,
	ON(WAIT) = REQUEST_WAIT,
},
[REQUEST_WAIT] = {
	ON(OK) = REQUEST_REPLY,		ON(REFUSE) = REQUEST_REPLY,
},
[REQUEST_REPLY] = {
	ON(OK) = REQUEST_DONE,		ON(HANGUP) = REQUEST_DONE,
},
[REQUEST_DISCARD] = {
	ON(DATA) = REQUEST_DISCARD,	ON(HANGUP) = REQUEST_DONE,
},
};
/* clang-format on */

enum request_state
request_state_next(enum request_state state, enum request_event event)
{
	return next[state][event];
}
