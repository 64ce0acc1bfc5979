#include "process/options.h"

#include "base/alloc.h"
#include "base/number.h"
#include "process/diag.h"
#include "process/version.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS_MAX = 32,
	LONG = 256, /* what getopt_long returns for a long form: LONG + the place of its row */
	NAME_SIZE = 64,
	PART_MIN = 3 /* letters of a word that stands for a longer one */
};

static const struct option_row common_rows[] = {
    {'h', "help", NULL, "this text", .flag = NULL},
    {'V', "version", NULL, "the version", .flag = NULL},
};

/* The table while it is read: the command's rows, then the common ones. */
struct table {
	const char *usage;
	struct option_row row[ROWS_MAX];
	size_t count;
	struct option longs[ROWS_MAX + 1];
	char shorts[2 * ROWS_MAX + 2];
};

static void
options_table(struct table *t, const char *usage, const struct option_row *rows, size_t count)
{
	const size_t common = sizeof common_rows / sizeof *common_rows;
	if (count + common > ROWS_MAX)
		diag_die(STATUS_USAGE, "more options than the table holds");
	*t = (struct table){.usage = usage, .count = count + common};
	if (count > 0)
		memcpy(t->row, rows, count * sizeof *rows);
	memcpy(t->row + count, common_rows, sizeof common_rows);
	char *s = t->shorts;
	*s++ = ':'; /* tells a missing value from an unknown option */
	for (size_t i = 0; i < t->count; i++) {
		const struct option_row *r = &t->row[i];
		t->longs[i] = (struct option){.name = r->name,
		    .has_arg = r->argument ? required_argument : no_argument,
		    .val = LONG + (int)i};
		if (r->letter)
			*s++ = (char)r->letter;
		if (r->letter && r->argument)
			*s++ = ':';
	}
}

/* ---- -h and -V ---- */

/* "-j, --jobs=N", or "    --sync". Returns its length. */
static int
options_form(const struct option_row *r, char *to, size_t size)
{
	char letter[] = {'-', (char)r->letter, ',', '\0'};
	return snprintf(to, size, "%-3s --%s%s%s", r->letter ? letter : "", r->name,
	    r->argument ? "=" : "", r->argument ? r->argument : "");
}

static void
options_print_help(const struct table *t)
{
	char form[2 * NAME_SIZE];
	int width = 0;
	for (size_t i = 0; i < t->count; i++) {
		int len = options_form(&t->row[i], form, sizeof form);
		width = len > width ? len : width;
	}
	/* From the same rows as getopt's tables: completion and tests read it, too. */
	printf("%s\n", t->usage);
	for (size_t i = 0; i < t->count; i++) {
		options_form(&t->row[i], form, sizeof form);
		printf("  %-*s  ", width, form);
		for (const char *c = t->row[i].help; *c; c++) {
			putchar(*c);
			if (*c == '\n')
				printf("%*s", width + 4, "");
		}
		putchar('\n');
	}
}

static _Noreturn void
options_print_common(const struct table *t, int letter)
{
	if (letter == 'h')
		options_print_help(t);
	else
		printf("%s %s\n", program_name, RSENC_VERSION);
	diag_close_stdout();
	exit(STATUS_OK);
}

/* ---- words that are not known ---- */

/* How many letters lie between what two words have in common at their beginning and at their end;
 * SIZE_MAX if the given one can't mean the other: the first letter is rarely wrong, and half of the
 * longer word must be common, unless one is the other with a part omitted. Case does not count. */
static size_t
distance_of(const char *given, const char *known)
{
	size_t given_len = strlen(given), len = strlen(known), start = 0, end = 0;
	size_t shorter = given_len < len ? given_len : len, longer = given_len + len - shorter;
	while (start < shorter &&
	       tolower((unsigned char)given[start]) == tolower((unsigned char)known[start]))
		start++;
	while (end < shorter - start && tolower((unsigned char)given[given_len - end - 1]) ==
	                                    tolower((unsigned char)known[len - end - 1]))
		end++;
	size_t common = start + end;
	bool is_part = common == shorter && shorter >= PART_MIN;
	return start > 0 && (is_part || 2 * common >= longer) ? longer - common : SIZE_MAX;
}

const char *
suggest(const char *given, const char *best, const char *known)
{
	size_t distance = distance_of(given, known);
	return distance < SIZE_MAX && (!best || distance < distance_of(given, best)) ? known : best;
}

/* ---- wrong options ---- */

/* An option as the user gave it: "-j" or "--jobs". */
static const char *
options_name(const struct table *t, int option, char *name)
{
	if (option >= LONG)
		snprintf(name, NAME_SIZE, "--%s", t->row[option - LONG].name);
	else if (isprint(option))
		snprintf(name, NAME_SIZE, "-%c", option);
	else
		snprintf(name, NAME_SIZE, "-\\x%02x", (unsigned)option & 0xff);
	return name;
}

/* `given` is not a long option, or the beginning of several: `given` may be followed by a value. */
static _Noreturn void
options_unknown(const struct table *t, const char *given)
{
	/* What other programs call an option of ours. */
	static const char *const synonyms[][2] = {{"threads", "jobs"}, {"workers", "jobs"},
	    {"num-workers", "jobs"}, {"resume", "skip"}, {"continue", "skip"}, {"force", "replace"},
	    {"overwrite", "replace"}, {"bands", "tensors"}};
	char name[NAME_SIZE];
	const char *wanted = name, *meant = NULL;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(given, "="), given);
	for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
		wanted = strcmp(synonyms[i][0], name) == 0 ? synonyms[i][1] : wanted;
	for (size_t i = 0; i < t->count; i++)
		meant = suggest(wanted, meant, t->row[i].name);
	diag_usage("no such option --%s%s%s%s", name, meant ? ": did you mean --" : "",
	    meant ? meant : "", meant ? "?" : "");
}

/* getopt_long found nothing to return: reports why. `optopt` is 0 for a long option that is not in
 * the table, and its `val` for one that is and should have a value, or no value. */
static _Noreturn void
options_refuse(const struct table *t, int answer, const char *argument)
{
	char name[NAME_SIZE];
	if (optopt == 0)
		options_unknown(t, argument + strspn(argument, "-"));
	options_name(t, optopt, name);
	if (answer == ':')
		diag_usage("%s: a value is missing", name);
	if (optopt >= LONG)
		diag_usage("%s takes no value", name);
	diag_usage("no such option %s", name);
}

/* ---- values ---- */

/* A number, or bytes as they are given: "16M". */
static const char *
number_text(uint64_t n, bool bytes, char text[NAME_SIZE])
{
	size_t unit = 0;
	for (; bytes && unit < 4 && n > 0 && n % 1024 == 0; unit++)
		n /= 1024;
	snprintf(text, NAME_SIZE, "%llu%.*s", (unsigned long long)n, unit > 0, &"-KMGT"[unit]);
	return text;
}

static uint64_t
options_number(const struct option_row *r, const char *option, const char *text)
{
	uint64_t value = 0;
	char least[NAME_SIZE], most[NAME_SIZE];
	bool bytes = r->size != NULL;
	const char *why = number_parse_unit(text, bytes ? "KMGT" : "", r->min, r->max, &value);
	if (why)
		diag_usage("%s: '%s' %s (%s%s to %s)", option, text, why,
		    bytes ? "bytes, or with K, M, G, T: " : "", number_text(r->min, bytes, least),
		    number_text(r->max, bytes, most));
	return value;
}

static void
options_take(const struct option_row *r, void *context, const char *option, const char *value)
{
	if (r->flag)
		*r->flag = true;
	if (r->text)
		*r->text = value;
	else if (r->number)
		*r->number = options_number(r, option, value);
	else if (r->size)
		*r->size = options_number(r, option, value);
	else if (r->decimal && !decimal_parse(value, r->decimal))
		diag_usage("%s: '%s' is not a number", option, value);
	else if (r->take)
		r->take(r->context ? r->context : context, option, value);
}

/* ---- the whole ---- */

char **
options_read(const char *usage, const struct option_row *rows, size_t count, void *context,
    int argc, char **argv)
{
	struct table t;
	char name[NAME_SIZE];
	int option;
	diag_start(argv[0]);
	options_table(&t, usage, rows, count);
	/* getopt_long stays: it knows abbreviations, "--", values with and without '=', and options
	 * behind operands as GNU users expect them. */
	opterr = 0; /* getopt_long's own messages start with the whole of argv[0] */
	while ((option = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		if (option == '?' || option == ':')
			options_refuse(&t, option, argv[optind - 1]);
		size_t i = 0;
		while (i + 1 < t.count && option != t.row[i].letter && option != LONG + (int)i)
			i++;
		if (i >= count)
			options_print_common(&t, t.row[i].letter);
		options_take(&t.row[i], context, options_name(&t, option, name), optarg);
	}
	return argv + optind;
}

const char *
options_operand(char **operands, const char *what)
{
	if (!operands[0])
		diag_usage("missing operand %s", what);
	if (operands[0][0] == '\0')
		diag_usage("operand %s is empty (a shell variable may not be set)", what);
	if (operands[1])
		diag_usage("unexpected operand '%s': only one %s can be given", operands[1], what);
	return operands[0];
}
