#ifndef RSENC_PROCESS_VERSION_H
#define RSENC_PROCESS_VERSION_H

/* The one place that knows the version: -V, the scripts and NEWS follow it. */
#define RSENC_VERSION "0.2.0"

#endif
