/* What probing and indexing say of a recording in the same words. */
#pragma once
#include "open-private.h"
#include <media/probe.h>

/* Codecs, sizes and starts as the header has them; rate and duration are not set. */
MediaInfo *media_probe_streams(AVFormatContext *input, const char *path);
