#include "parsers/http/header.h"

#include <string.h>

#define MS_PER_S    1000
#define S_PER_DAY   86400
#define YEAR_WINDOW 50 /* RFC 9110 5.6.7: further ahead is a century earlier */

bool
http_header_split(
    struct span line, struct span *name_out, struct span *value_out)
{
	const char *colon =
	    line.len > 0 ? memchr(line.at, ':', line.len) : NULL;

	if (colon == NULL)
		return false;
	*name_out = span_take(&line, (size_t)(colon - line.at));
	span_take(&line, 1);
	*value_out = span_trim(line);
	return true;
}

bool
http_header_count(struct span value, uint64_t *out)
{
	uint64_t n = 0;

	value = span_trim(value);
	if (value.len == 0)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, value.at[i] - '0', &n))
			return false;
	}
	*out = n;
	return true;
}

bool
http_header_seconds(struct span value, int64_t *ms_out)
{
	uint64_t s;

	if (!http_header_count(value, &s) || s > INT64_MAX / MS_PER_S)
		return false;
	*ms_out = (int64_t)s * MS_PER_S;
	return true;
}

bool
http_header_retry_after(struct span value, int64_t wall_ms, int64_t *ms_out)
{
	int64_t at;

	if (http_header_seconds(value, ms_out))
		return true;
	if (!http_header_date(value, wall_ms, &at))
		return false;
	*ms_out = at > wall_ms ? at - wall_ms : 0;
	return true;
}

struct date {
	unsigned weekday; /* 0: Sunday */
	unsigned year, month, day, hour, minute, second;
};

static const char weekdays[][10] = { "Sunday", "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday" };
static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static bool
take_digits(struct span *s, unsigned count, unsigned *out)
{
	unsigned n = 0;

	if (s->len < count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (s->at[i] < '0' || s->at[i] > '9')
			return false;
		n = n * 10 + (unsigned)(s->at[i] - '0');
	}
	s->at += count;
	s->len -= count;
	*out = n;
	return true;
}

/* asctime pads a day below 10 with a blank. */
static bool
take_padded(struct span *s, unsigned *out)
{
	if (s->len == 0 || s->at[0] != ' ')
		return take_digits(s, 2, out);
	s->at++, s->len--;
	return take_digits(s, 1, out);
}

static bool
take_text(struct span *s, const char *text, size_t len)
{
	if (s->len < len || memcmp(s->at, text, len) != 0)
		return false;
	s->at += len;
	s->len -= len;
	return true;
}

/* `len` 0: the whole name. */
static bool
take_weekday(struct span *s, size_t len, unsigned *out)
{
	for (unsigned i = 0; i < 7; i++) {
		if (!take_text(
			s, weekdays[i], len > 0 ? len : strlen(weekdays[i])))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static bool
take_month(struct span *s, unsigned *out)
{
	for (unsigned i = 0; i < 12; i++) {
		if (!take_text(s, months[i], 3))
			continue;
		*out = i + 1;
		return true;
	}
	return false;
}

/* One character of a form below; other characters match only themselves. */
static bool
take_part(struct span *s, char part, struct date *date)
{
	switch (part) {
	case 'w':
		return take_weekday(s, 3, &date->weekday);
	case 'W':
		return take_weekday(s, 0, &date->weekday);
	case 'd':
		return take_digits(s, 2, &date->day);
	case 'e':
		return take_padded(s, &date->day);
	case 'b':
		return take_month(s, &date->month);
	case 'Y':
		return take_digits(s, 4, &date->year);
	case 'y':
		return take_digits(s, 2, &date->year);
	case 'H':
		return take_digits(s, 2, &date->hour);
	case 'm':
		return take_digits(s, 2, &date->minute);
	case 's':
		return take_digits(s, 2, &date->second);
	case 'Z':
		return take_text(s, "GMT", 3);
	default:
		return take_text(s, &part, 1);
	}
}

static bool
take_form(struct span s, const char *form, struct date *out)
{
	struct date date = { 0 };

	for (; *form != '\0'; form++)
		if (!take_part(&s, *form, &date))
			return false;
	if (s.len > 0)
		return false;
	*out = date;
	return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	/* If a year begins in March, the leap day is its last day. */
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	       1 - 719468;
}

static unsigned
days_in(unsigned year, unsigned month)
{
	unsigned next = month == 12 ? 1 : month + 1;

	return (unsigned)(days_of(month == 12 ? year + 1 : year, next, 1) -
			  days_of(year, month, 1));
}

static unsigned
year_now(int64_t wall_ms)
{
	int64_t days = wall_ms / MS_PER_S / S_PER_DAY;
	int64_t year = 1970 + days / 366;

	while (days_of(year + 1, 1, 1) <= days)
		year++;
	return (unsigned)year;
}

static unsigned
whole_year(unsigned two_digits, int64_t wall_ms)
{
	unsigned now = year_now(wall_ms);
	unsigned year = now - now % 100 + two_digits;

	if (year > now + YEAR_WINDOW)
		return year - 100;
	if (year + YEAR_WINDOW <= now)
		return year + 100;
	return year;
}

/* A leap second is written as 60. */
static bool
date_exists(const struct date *d)
{
	if (d->day < 1 || d->day > days_in(d->year, d->month))
		return false;
	if (d->hour > 23 || d->minute > 59 || d->second > 60)
		return false;
	return (days_of(d->year, d->month, d->day) + 4 + 7 * 200000) % 7 ==
	       d->weekday;
}

bool
http_header_date(struct span value, int64_t wall_ms, int64_t *ms_out)
{
	struct date d;

	value = span_trim(value);
	if (take_form(value, "W, d-b-y H:m:s Z", &d))
		d.year = whole_year(d.year, wall_ms);
	else if (!take_form(value, "w, d b Y H:m:s Z", &d) &&
		 !take_form(value, "w b e H:m:s Y", &d))
		return false;
	if (!date_exists(&d))
		return false;
	*ms_out = (days_of(d.year, d.month, d.day) * S_PER_DAY + d.hour * 3600 +
		      d.minute * 60 + d.second) *
		  MS_PER_S;
	return true;
}
