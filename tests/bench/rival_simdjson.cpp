// The one file of the project that is not C: simdjson has no other interface.
#include "tests/bench/rival.h"

#include <cstring>
#include <simdjson.h>

using namespace simdjson;

template <typename F>
static size_t
each_line(const char *body, size_t len, F judge)
{
	const char *end = body + len;
	size_t good = 0;

	while (body < end) {
		const char *feed =
		    static_cast<const char *>(memchr(body, '\n', end - body));

		good += judge(body, static_cast<size_t>(feed - body));
		body = feed + 1;
	}
	return good;
}

size_t
rival_dom(const char *body, size_t len)
{
	static dom::parser parser;

	return each_line(body, len, [](const char *line, size_t n) {
		dom::element event;
		std::string_view time;

		return parser.parse(line, n, false).get(event) == SUCCESS &&
		       event["__time"].get(time) == SUCCESS;
	});
}

size_t
rival_dom_stream(const char *body, size_t len)
{
	static dom::parser parser;
	dom::document_stream stream;
	size_t good = 0;

	if (parser.parse_many(body, len, len + 1).get(stream) != SUCCESS)
		return 0;
	for (auto event : stream) {
		std::string_view time;

		good += event["__time"].get(time) == SUCCESS;
	}
	return good;
}

size_t
rival_ondemand(const char *body, size_t len)
{
	static ondemand::parser parser;

	return each_line(body, len, [](const char *line, size_t n) {
		ondemand::document event;
		std::string_view time;

		return parser.iterate(line, n, n + RIVAL_PADDING)
			       .get(event) == SUCCESS &&
		       event["__time"].get(time) == SUCCESS;
	});
}

// Every top-level field is visited, so that all the line is walked.
size_t
rival_ondemand_all(const char *body, size_t len)
{
	static ondemand::parser parser;

	return each_line(body, len, [](const char *line, size_t n) {
		ondemand::document event;
		ondemand::object object;
		size_t times = 0;

		if (parser.iterate(line, n, n + RIVAL_PADDING).get(event) !=
			SUCCESS ||
		    event.get_object().get(object) != SUCCESS)
			return false;
		for (auto field : object) {
			ondemand::raw_json_string name;

			if (field.key().get(name) != SUCCESS)
				return false;
			times += name == "__time";
		}
		return times == 1;
	});
}

const char *
rival_simdjson_kernel(void)
{
	static const std::string name = get_active_implementation()->name() +
					" / " +
					builtin_implementation()->name();

	return name.c_str();
}
