#include "cmd/hints.h"

#include "stream/sniff.h"

#include <stddef.h>

enum { ANY = -1 };

/* The first row that fits counts. The words are here and not where the errors are made: common/
 * knows neither commands nor options (common/README.md). "Fetch it again" is for downloads that
 * broke off. */
static const struct {
	enum error_hint hint;
	int detail;
	const char *text;
} hints[] = {
    {HINT_MEMORY, ANY, "raise it with -M"},
    {HINT_HELD, ANY,
        "raise it with -M, or unpack the archive, or scan it uncompressed with rsenc-scan"},
    {HINT_NO_FILE, KIND_ANNEX, "git annex get"},
    {HINT_EMPTY, ANY, "fetch it again"},
    {HINT_ENDS_EARLY, ANY, "fetch it again"},
    {HINT_ZEROS, ANY, "fetch it again"},
    {HINT_UNFINISHED, ANY, "go on with it, or remove that if it is whole"},
    {HINT_NOT_TIFF, KIND_LFS, "git lfs pull"},
    {HINT_NOT_TIFF, KIND_ANNEX, "git annex get"},
    {HINT_NOT_TIFF, KIND_GZIP, "decompress it with gzip -dc"},
    {HINT_NOT_TIFF, KIND_ZSTD, "decompress it with zstd -dc"},
    {HINT_NOT_TIFF, KIND_XZ, "decompress it with xz -dc"},
    {HINT_NOT_TIFF, KIND_BZIP2, "decompress it with bzip2 -dc"},
    {HINT_NOT_TIFF, KIND_ZIP, "unpack it with unzip"},
    {HINT_NOT_TIFF, KIND_TAR, "unpack it with tar -xf"},
    {HINT_NOT_TIFF, KIND_7ZIP, "unpack it with 7z x"},
    {HINT_NOT_TIFF, KIND_RAR, "unpack it with unrar x"},
    {HINT_NOT_TIFF, KIND_PNG, "convert it with gdal_translate"},
    {HINT_NOT_TIFF, KIND_JPEG, "convert it with gdal_translate"},
    {HINT_NOT_TIFF, KIND_JP2, "convert it with gdal_translate"},
    {HINT_NOT_TIFF, KIND_HDF5, "convert it with gdal_translate"},
    {HINT_NOT_TIFF, KIND_NETCDF, "convert it with gdal_translate"},
    {HINT_NOT_TIFF, KIND_GRIB, "convert it with gdal_translate"},
    {HINT_NOT_TIFF, KIND_APPLEDOUBLE, "remove it"},
    {HINT_NOT_TIFF, ANY, "fetch it again"},
    {HINT_TWICE, ANY, "-r writes them all"},
    {HINT_RULE, ANY, "'rsenc-scan -n FILE' shows what is cut"},
    {HINT_STORED, ANY, "-s skips it, -f replaces its value"},
    {HINT_SINGLE, ANY, "-S loads into a single file"},
    {HINT_NOT_SINGLE, ANY, "leave out -S"},
    {HINT_TENSOR, ANY, "rsenc-show lists them"},
    {HINT_TOTALS, ANY, "'rsenc-show --totals --json' writes them"},
    {HINT_TOTALS_NODATA, ANY, "make them with 'rsenc-show --totals --json --nodata=0'"},
    {HINT_BAND, ANY, "-t asks for it"},
    {HINT_DAMAGED, ANY, "fetch the file again, or take what could be decoded with --damaged=keep"},
    {HINT_DIRECTORY, ANY, "'rsenc-dump DB' writes the records of a database"},
    {HINT_NOT_RECORDS, KIND_GZIP, "put 'gzip -dc' before"},
    {HINT_NOT_RECORDS, KIND_ZSTD, "put 'zstd -dc' before"},
    {HINT_NOT_RECORDS, KIND_XZ, "put 'xz -dc' before"},
    {HINT_NOT_RECORDS, KIND_BZIP2, "put 'bzip2 -dc' before"},
    {HINT_NOT_RECORDS, KIND_LMDB, "'rsenc-dump DB' writes the records of a database"},
    {HINT_NOT_RECORDS, KIND_BLOB, "rsenc-pack writes records with -r"},
    {HINT_NOT_RECORDS, KIND_GROUPS, "put 'rsenc-pack -r' before"},
    {HINT_NOT_RECORDS, ANY, "records come from 'rsenc-scan DATASET DIR | rsenc-pack -r'"},
    {HINT_NOT_BLOBS, KIND_GZIP, "put 'gzip -dc' before"},
    {HINT_NOT_BLOBS, KIND_ZSTD, "put 'zstd -dc' before"},
    {HINT_NOT_BLOBS, KIND_XZ, "put 'xz -dc' before"},
    {HINT_NOT_BLOBS, KIND_BZIP2, "put 'bzip2 -dc' before"},
    {HINT_NOT_BLOBS, KIND_LMDB, "'rsenc-dump DB' writes the records of a database"},
    {HINT_NOT_BLOBS, KIND_GROUPS, "put 'rsenc-pack -r' before"},
    {HINT_NOT_BLOBS, ANY, "rsenc-pack makes them of TIFF files, rsenc-dump of a database"},
    {HINT_NOT_GROUP, KIND_GZIP, "put 'gzip -dc' before"},
    {HINT_NOT_GROUP, KIND_ZSTD, "put 'zstd -dc' before"},
    {HINT_NOT_GROUP, KIND_XZ, "put 'xz -dc' before"},
    {HINT_NOT_GROUP, KIND_RECORDS, "these are packed already; rsenc-scan writes group lines"},
    {HINT_NOT_GROUP, KIND_BLOB, "it is packed already; rsenc-scan writes group lines"},
    {HINT_NOT_GROUP, ANY, "rsenc-scan writes them"},
    {HINT_NOT_TABLE, KIND_GZIP, "decompress it with gzip -dc"},
    {HINT_NOT_TABLE, KIND_ZSTD, "decompress it with zstd -dc"},
    {HINT_NOT_TABLE, KIND_XZ, "decompress it with xz -dc"},
    {HINT_NOT_TABLE, KIND_BZIP2, "decompress it with bzip2 -dc"},
    {HINT_NOT_TABLE, KIND_TEXT, "iconv -f UTF-16 -t UTF-8"},
    {HINT_NOT_TABLE, KIND_PARQUET,
        "save it as CSV, as with Python: pandas.read_parquet(FROM).to_csv(TO, index=False)"},
    {HINT_NOT_TABLE, ANY, "save it as CSV"},
};

const char *
hint_text(struct error *why)
{
	/* A reason without a row stands for itself: not every mistake has one mend. */
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		if (hints[i].hint != why->hint)
			continue;
		if (hints[i].detail != ANY && hints[i].detail != why->detail)
			continue;
		error_append(why, ": ");
		error_append(why, hints[i].text);
		break;
	}
	why->hint = HINT_NONE; /* once is enough */
	return why->text;
}
