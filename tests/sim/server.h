/*
 * server - sockets and time: one thread, one epoll, as many calls as come.
 *
 * Own epoll and own HTTP, because the point of a stand-in is to misbehave
 * exactly: reset here, drip there, keep five hundred calls waiting while the
 * next one is served.  Two system calls a call, plus a shared epoll_wait.
 *
 * Ownership	owns sockets and connections; borrows the sim.
 * Threads	one; server_run returns on SIGTERM and SIGINT, which must be
 *		blocked before server_open.
 * Errors	server_open: ERR_INPUT for an address that is none, ERR_HOST.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "tests/sim/moment.h"
#include "tests/sim/sim.h"
#include "tests/sim/timers.h"

struct connection;

struct server {
	struct sim *sim;
	int epoll, listener, signals, spare;
	struct timers timers;
	struct connection *connections;
	struct moment now;
	int64_t date_s, flushed_ms;
	char date[40]; /* of the answers, made once a second */
	char address[80];
};

bool server_open(
    struct server *s, struct sim *sim, const char *listen, struct err *err);
void server_run(struct server *s);
void server_fini(struct server *s);

#endif
