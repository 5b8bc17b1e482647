/* Making an index: one pass over the packets of a recording. What always holds: memory is bounded by
 * MEDIA_HOURS_MAX, because entries are MEDIA_INDEX_STEP_MS apart and times ascend. */
#include <media/index.h>

#include "index-private.h"
#include "layout-private.h"
#include "open-private.h"
#include "probe-private.h"
#include "timeline-private.h"
#include "timing-private.h"

#include <media/limits.h>

enum { PROGRESS_PACKETS = 4096 };

typedef struct Track {
    AVStream *stream; /* borrowed; NULL: the file has none */
    MediaIndexTrack *into;
    MediaTimeline timeline;
    gboolean any_packet; /* its entries are where its packets are first in a cluster */
    gint64 cluster;      /* of its last entry */
} Track;

typedef struct Making {
    MediaIndex *index;
    AVFormatContext *input;
    MediaLayout *layout;
    Track video, audio;
    MediaTimes times; /* of the first pictures */
    gint64 cluster;   /* the last that went into index->clusters */
    gint64 end_us;    /* latest end of anything, from the file's zero */
} Making;

/* ---- new and free ---- */

MediaIndex *media_index_new(MediaInfo *info_taken)
{
    MediaIndex *index = g_new0(MediaIndex, 1);
    index->info = info_taken;
    index->clusters = g_array_new(FALSE, FALSE, sizeof(MediaIndexEntry));
    index->gaps = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    MediaIndexTrack *tracks[] = {&index->video, &index->audio};
    for (gsize i = 0; i < G_N_ELEMENTS(tracks); i++) {
        tracks[i]->base_num = 1;
        tracks[i]->base_den = 1000;
        tracks[i]->entries = g_array_new(FALSE, FALSE, sizeof(MediaIndexEntry));
        tracks[i]->gaps = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    }
    return index;
}

static void clear_track(MediaIndexTrack *track)
{
    g_array_unref(track->entries);
    g_array_unref(track->gaps);
}

void media_index_free(MediaIndex *index)
{
    if (index == NULL)
        return;
    media_info_free(index->info);
    g_free(index->sha256);
    clear_track(&index->video);
    clear_track(&index->audio);
    g_array_unref(index->clusters);
    g_array_unref(index->gaps);
    g_free(index);
}

char *media_index_path(const char *recording)
{
    return g_strconcat(recording, ".index", NULL);
}

void media_index_give(const MediaIndexTrack *track, AVFormatContext *input, int stream)
{
    AVRational base = {track->base_num, track->base_den};
    if (stream < 0 || av_cmp_q(base, input->streams[stream]->time_base) != 0)
        return;
    for (guint i = 0; i < track->entries->len; i++) {
        const MediaIndexEntry *entry = &g_array_index(track->entries, MediaIndexEntry, i);
        av_add_index_entry(input->streams[stream], entry->offset, entry->time, 0, 0,
                           AVINDEX_KEYFRAME);
    }
}

/* ---- one packet ---- */

/* Appended when it is far enough behind the last one. */
static void add_entry(GArray *entries, gint64 offset, gint64 time, gint64 step)
{
    MediaIndexEntry entry = {offset, time};
    const MediaIndexEntry *last =
        entries->len > 0 ? &g_array_index(entries, MediaIndexEntry, entries->len - 1) : NULL;
    if (last == NULL || (offset >= last->offset && time >= last->time + step))
        g_array_append_val(entries, entry);
}

static void note_entry(Track *track, const AVPacket *packet, gint64 cluster)
{
    gboolean first_here = cluster != track->cluster;
    if ((packet->flags & AV_PKT_FLAG_KEY) == 0 || packet->pts == AV_NOPTS_VALUE ||
        (track->any_packet && (cluster < 0 || !first_here)))
        return;
    gint64 offset = cluster >= 0 ? cluster : packet->pos;
    gint64 step =
        av_rescale_q(MEDIA_INDEX_STEP_MS, (AVRational){1, 1000}, track->stream->time_base);
    track->cluster = cluster;
    if (offset >= 0)
        add_entry(track->into->entries, offset, packet->pts, MAX(step, 1));
}

static void note_cluster(Making *making, gint64 cluster, gint64 time_us)
{
    if (cluster < 0 || cluster == making->cluster)
        return;
    making->cluster = cluster;
    add_entry(making->index->clusters, cluster, time_us / 1000, MEDIA_INDEX_STEP_MS);
}

static void note_packet(Making *making, Track *track, const AVPacket *packet)
{
    gint64 ticks = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (ticks == AV_NOPTS_VALUE) {
        making->index->skipped++;
        return;
    }
    AVRational base = track->stream->time_base;
    gint64 time_us = av_rescale_q(ticks, base, AV_TIME_BASE_Q) - making->index->zero_us;
    if (!media_timeline_add(&track->timeline, time_us))
        return;
    gint64 end_us = av_rescale_q(ticks + MAX(0, packet->duration), base, AV_TIME_BASE_Q) -
                    making->index->zero_us;
    making->end_us = MAX(making->end_us, end_us);
    if (!track->any_packet && making->times.ticks->len < MEDIA_TIMING_FRAMES)
        media_times_add(&making->times, ticks, base);
    gint64 cluster = media_layout_cluster(making->layout, packet->pos);
    note_cluster(making, cluster, time_us);
    note_entry(track, packet, cluster);
}

/* ---- all of them ---- */

static gboolean check_length(const Making *making, GError **error)
{
    if (making->end_us <= MEDIA_HOURS_MAX * G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                "%s: its times reach beyond %d hours, more than is read; cut it into parts, or "
                "mend its times with a remux first",
                making->index->info->path, MEDIA_HOURS_MAX);
    return FALSE;
}

static gboolean go_on(const Making *making, const MediaProgress *progress,
                      GCancellable *cancellable, GError **error)
{
    if (g_cancellable_set_error_if_cancelled(cancellable, error) || !check_length(making, error))
        return FALSE;
    gint64 bytes = MAX(making->index->info->bytes, 1);
    double done = (double)avio_tell(making->input->pb) / (double)bytes;
    media_progress_tell(progress, "index", CLAMP(done, 0, 1), 1);
    return TRUE;
}

static gboolean read_packets(Making *making, const MediaProgress *progress,
                             GCancellable *cancellable, GError **error)
{
    g_autoptr(AVPacket) packet = av_packet_alloc();
    AVStream *video = making->video.stream, *audio = making->audio.stream;
    for (unsigned i = 0; i < making->input->nb_streams; i++)
        if (making->input->streams[i] != video && making->input->streams[i] != audio)
            making->input->streams[i]->discard = AVDISCARD_ALL;
    for (gint64 n = 0; av_read_frame(making->input, packet) >= 0; n++) {
        AVStream *stream = making->input->streams[packet->stream_index];
        if (stream == video)
            note_packet(making, &making->video, packet);
        else if (stream == audio)
            note_packet(making, &making->audio, packet);
        av_packet_unref(packet);
        if (n % PROGRESS_PACKETS == 0 && !go_on(making, progress, cancellable, error))
            return FALSE;
    }
    return check_length(making, error);
}

/* ---- what follows from them ---- */

static void finish_rate(Making *making)
{
    MediaTiming timing = {.rate = {0, 1}};
    MediaInfo *info = making->index->info;
    if (making->video.stream == NULL)
        return;
    gboolean all = making->video.timeline.count <= (gint64)making->times.ticks->len;
    media_timing_judge_first(&making->times, making->video.stream, all, &timing);
    info->rate = timing.rate;
    info->variable_rate = timing.variable || !making->video.timeline.even;
}

static void finish_track(Making *making, Track *track)
{
    if (track->stream == NULL)
        return;
    MediaTimeline *timeline = &track->timeline;
    media_timeline_finish(timeline, making->end_us);
    track->into->count = timeline->count;
    track->into->first_ms = timeline->first_us / 1000;
    track->into->last_ms = timeline->last_us / 1000;
    making->index->skipped += timeline->skipped;
    g_array_unref(track->into->gaps);
    track->into->gaps = g_steal_pointer(&timeline->gaps);
}

static gboolean check_content(const Making *making, GError **error)
{
    const MediaIndex *index = making->index;
    const char *problem = NULL;
    if (making->video.stream == NULL && making->audio.stream == NULL)
        problem = "holds neither picture nor sound";
    else if (index->video.count + index->audio.count == 0)
        problem = "has tracks without a single frame or sample";
    else if (index->info->has_video && (index->info->width <= 0 || index->info->height <= 0))
        problem = "has a picture of unknown size";
    else if (making->video.timeline.far + making->audio.timeline.far >
             index->video.count + index->audio.count)
        problem = "has times that make no sense";
    if (problem == NULL)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                "%s: %s; leave it out or record it again", index->info->path, problem);
    return FALSE;
}

static gboolean finish(Making *making, GError **error)
{
    MediaIndex *index = making->index;
    finish_track(making, &making->video);
    finish_track(making, &making->audio);
    finish_rate(making);
    if (!check_content(making, error))
        return FALSE;
    MediaLayoutEnd end = media_layout_finish(making->layout);
    index->info->bytes = end.bytes;
    index->info->duration_s = (double)making->end_us / G_USEC_PER_SEC;
    index->whole_bytes = end.whole_bytes;
    index->damaged_bytes = end.damaged_bytes;
    index->torn = end.torn;
    g_array_unref(index->gaps);
    index->gaps = media_gaps_union(index->video.gaps, index->audio.gaps);
    return TRUE;
}

/* ---- public ---- */

static void init_track(Track *track, AVFormatContext *input, int stream, gboolean any_packet,
                       MediaIndexTrack *into)
{
    *track = (Track){.into = into, .any_packet = any_packet, .cluster = -1};
    media_timeline_init(&track->timeline);
    if (stream < 0)
        return;
    track->stream = input->streams[stream];
    into->base_num = track->stream->time_base.num;
    into->base_den = track->stream->time_base.den;
}

MediaIndex *media_index_make(const char *path, const MediaProgress *progress,
                             GCancellable *cancellable, GError **error)
{
    g_autoptr(AVFormatContext) input = media_open_input(path, error);
    g_autoptr(MediaLayout) layout = input != NULL ? media_layout_open(path, error) : NULL;
    if (layout == NULL)
        return NULL;
    g_autoptr(MediaIndex) index = media_index_new(media_probe_streams(input, path));
    index->zero_us = media_input_zero_us(input);
    Making making = {.index = index, .input = input, .layout = layout, .cluster = -1};
    media_times_init(&making.times);
    init_track(&making.video, input, media_best_video(input), FALSE, &index->video);
    init_track(&making.audio, input, media_best_audio(input), TRUE, &index->audio);
    gboolean good = read_packets(&making, progress, cancellable, error) && finish(&making, error);
    media_times_clear(&making.times);
    media_timeline_clear(&making.video.timeline);
    media_timeline_clear(&making.audio.timeline);
    return good ? g_steal_pointer(&index) : NULL;
}
