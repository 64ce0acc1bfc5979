/*
 * Makes a small tree of a dataset for tests, with the names, folders and TIFF layouts of the real
 * one. Deterministic: patch number and seed decide every byte.
 *
 *     fixture [-f8Bb] [-o FIRST] [-s SEED] DATASET DIR [COUNT]
 *     fixture -l
 *
 * DATASET is a rule of rsenc-scan, or the start of several (bigearthnet = s1, s2 and maps), COUNT
 * the number of patches of each (default 8). -h tells the options.
 */

#include "fixture-datasets.h"

#include <getopt.h>

static const char help[] =
    "usage: fixture [-f8Bb] [-o FIRST] [-s SEED] DATASET DIR [COUNT]\n"
    "       fixture -l\n"
    "Makes COUNT patches (default 8) of each part of DATASET below DIR.\n"
    "  -f, --flat         BigEarthNet patches directly below the root, not in tile folders\n"
    "  -8, --bigtiff      BigTIFF files\n"
    "  -B, --big-endian   big-endian files\n"
    "  -b, --bare         only what rsenc-scan looks for, no quick-looks and metadata beside it\n"
    "  -o, --first=FIRST  number of the first patch (default 0)\n"
    "  -s, --seed=SEED    other pixels under the same names (default 0)\n"
    "  -l, --list         list the datasets\n";

/* True if `name` is `wanted` or starts with `wanted` and a dash, as in rsenc-scan. */
static bool
selected(const char *name, const char *wanted)
{
	size_t n = strlen(wanted);
	return strncmp(name, wanted, n) == 0 && (name[n] == '\0' || name[n] == '-');
}

static void
list(void)
{
	for (size_t d = 0; d < COUNT_OF(datasets); d++)
		puts(datasets[d].name);
	diag_close_stdout();
}

static void
make(const char *dataset, unsigned long first, unsigned long count)
{
	bool found = false;

	scene_start();
	for (size_t d = 0; d < COUNT_OF(datasets); d++) {
		if (!selected(datasets[d].name, dataset))
			continue;
		found = true;
		for (unsigned long i = first; i < first + count; i++)
			datasets[d].make(i);
	}
	if (!found)
		diag_usage("%s: no such dataset; fixture -l lists them", dataset);
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {{"flat", no_argument, NULL, 'f'},
	    {"bigtiff", no_argument, NULL, '8'}, {"big-endian", no_argument, NULL, 'B'},
	    {"bare", no_argument, NULL, 'b'}, {"first", required_argument, NULL, 'o'},
	    {"seed", required_argument, NULL, 's'}, {"list", no_argument, NULL, 'l'},
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0}};
	bool big_endian = false, bigtiff = false;
	unsigned long first = 0, count = 8;
	int option;

	diag_start(argv[0]);
	while ((option = getopt_long(argc, argv, "f8Bbo:s:lhV", longs, NULL)) != -1) {
		switch (option) {
		case 'f':
			options.flat = true;
			break;
		case '8':
			bigtiff = true;
			break;
		case 'B':
			big_endian = true;
			break;
		case 'b':
			options.bare = true;
			break;
		case 'o':
			first = diag_number("-o", optarg, 0, 1000000000);
			break;
		case 's':
			options.seed = diag_number("-s", optarg, 0, 1000000);
			break;
		case 'l':
			list();
			return STATUS_OK;
		default:
			diag_common_option(option, help);
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 2 || argc > 3)
		diag_usage("expected DATASET DIR [COUNT]");
	if (argc == 3)
		count = diag_number("COUNT", argv[2], 1, 1000000000);
	options.root = argv[1];
	snprintf(
	    options.mode, sizeof options.mode, "w%s%s", big_endian ? "b" : "", bigtiff ? "8" : "");
	make(argv[0], first, count);
	return STATUS_OK;
}
