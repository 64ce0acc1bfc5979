#include "stream/record_files.h"

void
record_files_start(struct record_files *f, char **paths)
{
	*f = (struct record_files){
	    .name = "standard input", .several = paths && *paths && paths[1]};
	reader_start(&f->files, paths);
}

enum record_status
record_files_next(struct record_files *f, struct record *rec, struct error *why)
{
	for (;;) {
		if (!f->files.open) {
			int got = reader_open(&f->files, why);
			if (got == 0)
				return RECORD_END;
			f->name = f->files.name;
			if (got < 0)
				return RECORD_FAILED;
			record_reader_start(&f->reader, &f->files.source);
		}
		enum record_status status = record_next(&f->reader, rec, why);
		if (status != RECORD_END)
			return status;
		reader_close(&f->files);
	}
}

void
record_files_give_up(struct record_files *f)
{
	reader_close(&f->files);
}

void
record_files_end(struct record_files *f)
{
	reader_close(&f->files);
}
