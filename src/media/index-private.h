/* What the parts of the index share. */
#pragma once
#include "open-private.h"
#include <media/index.h>

/* Empty lists; takes info. */
MediaIndex *media_index_new(MediaInfo *info_taken);

/* Tells the demuxer what the track's entries say of this stream (-1: there is none). */
void media_index_give(const MediaIndexTrack *track, AVFormatContext *input, int stream);

/* The sidecar of a recording that media_open_input() opened, borrowed, or NULL. */
const MediaIndex *media_input_index(const AVFormatContext *input);
