#include "parsers/timestamp.h"

#include <endian.h>
#include <string.h>

#define MS_PER_S    1000
#define MS_PER_MIN  60000
#define MS_PER_HOUR 3600000
#define MS_PER_DAY  86400000

#define FRACTION_DIGITS        9
#define OFFSET_FRACTION_DIGITS 3

/* The unread input.  Each take_* moves `at` only if it succeeds. */
struct cursor {
	const char *at, *end;
};

struct number {
	uint32_t value;
	unsigned digits;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
next_is(const struct cursor *c, char wanted)
{
	return c->at < c->end && *c->at == wanted;
}

static bool
take(struct cursor *c, char wanted)
{
	if (!next_is(c, wanted))
		return false;
	c->at++;
	return true;
}

/* A letter in either case; `lower` is its lower-case form. */
static bool
take_letter(struct cursor *c, char lower)
{
	if (c->at == c->end || (*c->at | 0x20) != lower)
		return false;
	c->at++;
	return true;
}

/* All digits that are here, at most `most`; at least one. */
static bool
take_number(struct cursor *c, unsigned most, struct number *out)
{
	struct number n = { 0 };

	while (n.digits < most && c->at < c->end && is_digit(*c->at)) {
		n.value = n.value * 10 + (uint32_t)(*c->at++ - '0');
		n.digits++;
	}
	if (n.digits == 0)
		return false;
	*out = n;
	return true;
}

static bool
take_ranged(struct cursor *c, unsigned most_digits, uint32_t least,
    uint32_t most, uint32_t *out)
{
	struct number n;

	if (!take_number(c, most_digits, &n) || n.value < least ||
	    n.value > most)
		return false;
	*out = n.value;
	return true;
}

/* Exactly two digits, 0 to `most`. */
static bool
take_pair(struct cursor *c, uint32_t most, uint32_t *out)
{
	struct number n;

	if (!take_number(c, 2, &n) || n.digits != 2 || n.value > most)
		return false;
	*out = n.value;
	return true;
}

/* ---- days ---- */

static bool
is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to January 1 of a year 0 to 9999. */
static int64_t
days_to_year(uint32_t year)
{
	uint32_t before = year - 1; /* the last year that is complete */

	/* Year 0 is a leap year, and the formula begins with year 1. */
	if (year == 0)
		return -719528;
	return (int64_t)(365 * before + before / 4 - before / 100 +
			 before / 400) -
	       719162;
}

static const uint16_t days_to_month[13] = { 0, 31, 59, 90, 120, 151, 181, 212,
	243, 273, 304, 334, 365 };

static uint32_t
days_in_month(uint32_t year, uint32_t month)
{
	uint32_t days = days_to_month[month] - days_to_month[month - 1];

	return days + (month == 2 && is_leap(year) ? 1 : 0);
}

static int64_t
days_to_date(uint32_t year, uint32_t month, uint32_t day)
{
	bool past_leap_day = month > 2 && is_leap(year);

	return days_to_year(year) + days_to_month[month - 1] + past_leap_day +
	       (int64_t)day - 1;
}

/* The Monday on which week 1 begins: the week that holds January 4. */
static int64_t
days_to_week_year(uint32_t year)
{
	int64_t fourth = days_to_year(year) + 3;
	int64_t weekday = (fourth + 3) % 7; /* 1970-01-01 was a Thursday */

	return fourth - (weekday < 0 ? weekday + 7 : weekday);
}

/* ---- the date ---- */

static bool
take_week_date(struct cursor *c, uint32_t year, int64_t *days_out)
{
	int64_t first = days_to_week_year(year);
	int64_t weeks = (days_to_week_year(year + 1) - first) / 7;
	uint32_t week, weekday = 1;

	if (!take_ranged(c, 2, 1, (uint32_t)weeks, &week))
		return false;
	if (take(c, '-') && !take_ranged(c, 1, 1, 7, &weekday))
		return false;
	*days_out = first + 7 * ((int64_t)week - 1) + weekday - 1;
	return true;
}

/* Three digits are a day of the year, fewer a month with or without a day. */
static bool
take_calendar_date(struct cursor *c, uint32_t year, int64_t *days_out)
{
	struct number n;
	uint32_t day = 1;

	if (!take_number(c, 3, &n) || n.value < 1)
		return false;
	if (n.digits == 3) {
		*days_out = days_to_year(year) + n.value - 1;
		return n.value <= 365u + is_leap(year);
	}
	if (n.value > 12)
		return false;
	if (take(c, '-') &&
	    !take_ranged(c, 2, 1, days_in_month(year, n.value), &day))
		return false;
	*days_out = days_to_date(year, n.value, day);
	return true;
}

/* A year alone is a date only before a T, or before a blank at the end. */
static bool
take_date(struct cursor *c, int64_t *days_out)
{
	struct number year;

	if (!take_number(c, 4, &year) || year.digits != 4)
		return false;
	if (take(c, '-')) {
		if (take_letter(c, 'w'))
			return take_week_date(c, year.value, days_out);
		return take_calendar_date(c, year.value, days_out);
	}
	*days_out = days_to_year(year.value);
	if (c->at < c->end && (*c->at | 0x20) == 't')
		return true;
	return next_is(c, ' ') && c->end - c->at == 1;
}

/* ---- the time of day ---- */

/*
 * A fraction of `unit_ms`, if one is here.  Each digit is cut to a tenth of a
 * millisecond before the sum, as upstream does: a sixth digit of an hour counts
 * 3 ms, not 3.6.
 */
static bool
take_fraction(struct cursor *c, int64_t unit_ms, int64_t *ms)
{
	int64_t digit_value = unit_ms * 10, tenths = 0;
	unsigned digits = 0;

	if (!take(c, '.') && !take(c, ','))
		return true;
	while (digits < FRACTION_DIGITS && c->at < c->end && is_digit(*c->at)) {
		digit_value /= 10;
		tenths += (*c->at++ - '0') * digit_value;
		digits++;
	}
	*ms += tenths / 10;
	return digits > 0;
}

/* Hour, minute, second: each after a colon, the last one with a fraction. */
static bool
take_time(struct cursor *c, int64_t *ms)
{
	static const struct {
		uint32_t most;
		int64_t unit_ms;
	} parts[] = { { 23, MS_PER_HOUR }, { 59, MS_PER_MIN },
		{ 59, MS_PER_S } };
	uint32_t value;

	for (unsigned i = 0; i < 3; i++) {
		if (i > 0 && !take(c, ':'))
			return take_fraction(c, parts[i - 1].unit_ms, ms);
		if (!take_ranged(c, 2, 0, parts[i].most, &value))
			return false;
		*ms += value * parts[i].unit_ms;
	}
	return take_fraction(c, MS_PER_S, ms);
}

static int64_t
sum_ms(uint32_t hours, uint32_t minutes, uint32_t seconds)
{
	return hours * (int64_t)MS_PER_HOUR + minutes * (int64_t)MS_PER_MIN +
	       seconds * (int64_t)MS_PER_S;
}

/* 1 to 3 digits that are milliseconds after padding on the right. */
static bool
take_offset_fraction(struct cursor *c, int64_t *ms)
{
	struct number n;

	if (!take_number(c, OFFSET_FRACTION_DIGITS, &n))
		return false;
	for (unsigned i = n.digits; i < OFFSET_FRACTION_DIGITS; i++)
		n.value *= 10;
	*ms += n.value;
	return true;
}

/* What follows the sign: with a colon at each place, or with none. */
static bool
take_offset_size(struct cursor *c, int64_t *ms_out)
{
	uint32_t hours, minutes = 0, seconds = 0;
	int64_t ms = 0;
	bool colons;

	if (!take_pair(c, 23, &hours))
		return false;
	if (c->at < c->end) {
		colons = take(c, ':');
		if (!take_pair(c, 59, &minutes))
			return false;
		if (c->at < c->end && (!colons || take(c, ':'))) {
			if (!take_pair(c, 59, &seconds))
				return false;
			if (c->at < c->end &&
			    (!colons || take(c, '.') || take(c, ',')) &&
			    !take_offset_fraction(c, &ms))
				return false;
		}
	}
	*ms_out = ms + sum_ms(hours, minutes, seconds);
	return true;
}

/* UTC is the time of day minus the offset. */
static bool
take_offset(struct cursor *c, int64_t *ms)
{
	int64_t offset;
	bool east;

	if (take_letter(c, 'z'))
		return true;
	east = take(c, '+');
	if ((!east && !take(c, '-')) || !take_offset_size(c, &offset))
		return false;
	*ms += east ? -offset : offset;
	return true;
}

/* ---- the usual form, at fixed places ---- */

#define USUAL_LENGTH 19 /* YYYY-MM-DDThh:mm:ss */

/* Eight bytes as a number, the first byte lowest. */
static uint64_t
load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return le64toh(word);
}

/* Which bytes of a form are digits. */
#define DIGITS_DATE 0x00ffff00ffffffffu /* 0000-00- */
#define DIGITS_TIME 0xffff00ffff00ffffu /* 00:00:00 */
#define DIGITS_TAIL 0x00ffffff00ffff00u /* :00.000Z */

/*
 * Compares eight bytes with the form.  Gives 0 to 9 in the bytes where the form
 * has a digit and 0 in the others; if they do not match, `bad` becomes nonzero.
 */
static inline uint64_t
match_form(uint64_t word, uint64_t form, uint64_t digits, uint64_t *bad)
{
	const uint64_t high = 0xf0f0f0f0f0f0f0f0u;

	word ^= form;
	*bad |= (word & ~digits) |
		((word | (word + (digits & 0x0606060606060606u))) & high);
	return word;
}

/* The two digits at byte `at` of a word from match_form. */
static uint32_t
pair(uint64_t word, unsigned at)
{
	return (uint32_t)((word >> 8 * at & 0xf) * 10 +
			  (word >> 8 * (at + 1) & 0xf));
}

/*
 * What follows the seconds.  Mostly that is three digits and a Z.  Together
 * with the seconds they are eight bytes, so the seconds are read once more.
 */
static bool
take_tail(struct cursor *c, int64_t *ms)
{
	uint64_t bad = 0, tail;

	if (c->end - c->at >= 5) {
		tail = match_form(
		    load(c->at - 3), load(":00.000Z"), DIGITS_TAIL, &bad);
		if (bad == 0) {
			*ms += pair(tail, 4) * 10 + (tail >> 48 & 0xf);
			c->at += 5;
			return true;
		}
	}
	if (!take_fraction(c, MS_PER_S, ms))
		return false;
	return take(c, 'Z') || (!next_is(c, '+') && !next_is(c, '-')) ||
	       take_offset(c, ms);
}

const char *
timestamp_usual(const char *text, const char *end, int64_t *ms_out)
{
	struct cursor c = { text + USUAL_LENGTH, end };
	uint64_t bad = 0, date, middle, time;
	uint32_t year, month, day, hour, minute, second;
	int64_t ms;

	if (end - text < USUAL_LENGTH || (text[10] != 'T' && text[10] != ' '))
		return NULL;
	date = match_form(load(text), load("0000-00-"), DIGITS_DATE, &bad);
	middle = match_form(load(text + 8) & DIGITS_TIME,
	    load("00:00:00") & DIGITS_TIME, DIGITS_TIME, &bad);
	time = match_form(load(text + 11), load("00:00:00"), DIGITS_TIME, &bad);
	year = pair(date, 0) * 100 + pair(date, 2);
	month = pair(date, 5);
	day = pair(middle, 0);
	hour = pair(time, 0);
	minute = pair(time, 3);
	second = pair(time, 6);
	if (bad != 0 || month < 1 || month > 12 || day < 1 ||
	    (day > 28 && day > days_in_month(year, month)) || hour > 23 ||
	    minute > 59 || second > 59)
		return NULL;
	ms = sum_ms(hour, minute, second);
	if (!take_tail(&c, &ms))
		return NULL;
	*ms_out = days_to_date(year, month, day) * MS_PER_DAY + ms;
	return c.at;
}

/* ---- all forms ---- */

static bool
parse_any(const char *text, size_t len, int64_t *ms_out)
{
	struct cursor c = { text, text + len };
	int64_t days, ms = 0;

	if (!take_date(&c, &days))
		return false;
	if (c.at < c.end) {
		if (!take_letter(&c, 't') && !take(&c, ' '))
			return false;
		if (c.at < c.end && is_digit(*c.at) && !take_time(&c, &ms))
			return false;
		if (c.at < c.end && !take_offset(&c, &ms))
			return false;
		if (c.at < c.end)
			return false;
	}
	*ms_out = days * MS_PER_DAY + ms;
	return true;
}

bool
timestamp_parse(const char *text, size_t len, int64_t *ms_out)
{
	const char *end = text + len;
	int64_t ms;

	if (timestamp_usual(text, end, &ms) != end &&
	    !parse_any(text, len, &ms))
		return false;
	*ms_out = ms;
	return true;
}
