#include "timing-private.h"

#include "index-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCAN_TAIL = 16,    /* of the first pictures, not trusted: earlier ones may still come */
    ENOUGH_TIMES = 60, /* that tell a rate when a hole follows */
};

/* A step is a hole that is longer than both. */
#define HOLE_MIN_S 0.5
#define HOLE_STEPS 3 /* times the mean one before it */

static const AVRational usual_rates[] = {
    {24000, 1001}, {24, 1},       {25, 1}, {30000, 1001}, {30, 1},
    {50, 1},       {60000, 1001}, {60, 1}, {100, 1},      {120, 1},
};

/* ---- constant or variable ---- */

static int compare_times(const void *a, const void *b)
{
    gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;
    return (first > second) - (first < second);
}

/* Whether every time is where this rate puts it, to a tick of the time base (rounding). */
static gboolean rate_fits(const gint64 *times, gsize n, AVRational base, AVRational rate)
{
    if (rate.num <= 0 || rate.den <= 0)
        return FALSE;
    double step = (double)rate.den / rate.num / av_q2d(base);
    for (gsize i = 1; i < n; i++)
        if (fabs((double)(times[i] - times[0]) - (double)i * step) > 1.01)
            return FALSE;
    return TRUE;
}

static AVRational usual_rate_near(double hz)
{
    AVRational best = usual_rates[0];
    for (gsize i = 1; i < G_N_ELEMENTS(usual_rates); i++)
        if (fabs(log(hz / av_q2d(usual_rates[i]))) < fabs(log(hz / av_q2d(best))))
            best = usual_rates[i];
    return best;
}

static gboolean is_usual(AVRational rate)
{
    for (gsize i = 0; i < G_N_ELEMENTS(usual_rates); i++)
        if (rate.den > 0 && av_cmp_q(rate, usual_rates[i]) == 0)
            return TRUE;
    return FALSE;
}

/* The typical distance says what the camera meant, also when some pictures are missing. */
static double median_step(const gint64 *times, gsize n)
{
    g_autofree gint64 *steps = g_new(gint64, n - 1);
    for (gsize i = 1; i < n; i++)
        steps[i - 1] = times[i] - times[i - 1];
    qsort(steps, n - 1, sizeof *steps, compare_times);
    gsize middle = (n - 1) / 2;
    return (double)steps[middle];
}

static AVRational variable_rate(const gint64 *times, gsize n, AVRational base)
{
    double mean_hz = (double)(n - 1) / ((double)(times[n - 1] - times[0]) * av_q2d(base));
    double step = median_step(times, n);
    double median_hz = step > 0 ? 1.0 / (step * av_q2d(base)) : mean_hz;
    gboolean alike = median_hz < mean_hz * 1.1 && median_hz > mean_hz * 0.9;
    return usual_rate_near(alike ? median_hz : mean_hz);
}

static gboolean find_constant(const gint64 *times, gsize n, AVRational base,
                              const AVRational *hints, gsize n_hints, ShowRate *rate)
{
    double mean_hz = (double)(n - 1) / ((double)(times[n - 1] - times[0]) * av_q2d(base));
    ShowRate near = show_rate_nearest(mean_hz);
    AVRational mean = {near.num, near.den};
    AVRational usual = usual_rate_near(mean_hz);
    AVRational found = {0, 1};
    /* In a short file rounding hides the difference between 60 and 59.94: the container decides. */
    for (gsize i = 0; i < n_hints && found.num == 0; i++)
        if (is_usual(hints[i]) && rate_fits(times, n, base, hints[i]))
            found = hints[i];
    if (found.num == 0 && rate_fits(times, n, base, usual))
        found = usual;
    for (gsize i = 0; i < n_hints && found.num == 0; i++)
        if (rate_fits(times, n, base, hints[i]))
            found = hints[i];
    if (found.num == 0 && rate_fits(times, n, base, mean))
        found = mean;
    *rate = (ShowRate){found.num, found.den};
    return found.num > 0;
}

void media_timing_judge(const gint64 *times, gsize n, AVRational base, const AVRational *hints,
                        gsize n_hints, MediaTiming *timing)
{
    timing->variable = FALSE;
    timing->rate = (ShowRate){30, 1};
    if (n < 2 || times[n - 1] <= times[0]) {
        for (gsize i = 0; i < n_hints; i++)
            if (hints[i].num > 0 && hints[i].den > 0) {
                timing->rate = (ShowRate){hints[i].num, hints[i].den};
                break;
            }
        return;
    }
    if (find_constant(times, n, base, hints, n_hints, &timing->rate))
        return;
    AVRational rate = variable_rate(times, n, base);
    timing->variable = TRUE;
    timing->rate = (ShowRate){rate.num, rate.den};
}

/* ---- the first times ---- */

void media_times_init(MediaTimes *times)
{
    *times = (MediaTimes){.ticks = g_array_new(FALSE, FALSE, sizeof(gint64))};
}

void media_times_clear(MediaTimes *times)
{
    g_clear_pointer(&times->ticks, g_array_unref);
}

static gboolean is_hole(const GArray *ticks, gint64 next, AVRational base)
{
    if (ticks->len < 2)
        return FALSE;
    gint64 first = g_array_index(ticks, gint64, 0);
    gint64 last = g_array_index(ticks, gint64, ticks->len - 1);
    double step = (double)(next - last), mean = (double)(last - first) / (ticks->len - 1);
    return step * av_q2d(base) > HOLE_MIN_S && step > HOLE_STEPS * mean;
}

void media_times_add(MediaTimes *times, gint64 ticks, AVRational base)
{
    if (times->ended)
        return;
    if (is_hole(times->ticks, ticks, base)) {
        times->any_hole = TRUE;
        times->ended = times->ticks->len >= ENOUGH_TIMES;
        if (times->ended)
            return;
        g_array_set_size(times->ticks, 0);
    }
    g_array_append_val(times->ticks, ticks);
}

/* ---- where the times come from ---- */

/* MP4 and MOV list every picture in their header (unless in fragments). */
static gboolean times_from_index(AVFormatContext *input, AVStream *stream, MediaTimes *times)
{
    if (strstr(input->iformat->name, "mov") == NULL || stream->nb_frames <= 0)
        return FALSE;
    int n = avformat_index_get_entries_count(stream);
    if (n < stream->nb_frames / 2)
        return FALSE;
    for (int i = 0; i < n; i++) {
        const AVIndexEntry *entry = avformat_index_get_entry(stream, i);
        if ((entry->flags & AVINDEX_DISCARD_FRAME) == 0)
            g_array_append_val(times->ticks, entry->timestamp);
    }
    return TRUE;
}

static void note_packet(const AVPacket *packet, const AVStream *stream, MediaTiming *timing)
{
    gint64 time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (time == AV_NOPTS_VALUE)
        return;
    gint64 end = av_rescale_q(time + packet->duration, stream->time_base, AV_TIME_BASE_Q);
    timing->end_us = MAX(timing->end_us, end);
}

/* Returns whether the end was reached. */
static gboolean scan_packets(AVFormatContext *input, int video, int audio, gboolean whole,
                             MediaTimes *times, MediaTiming *timing)
{
    g_autoptr(AVPacket) packet = av_packet_alloc();
    for (unsigned i = 0; i < input->nb_streams; i++)
        if ((int)i != video && (int)i != audio)
            input->streams[i]->discard = AVDISCARD_ALL;
    gint64 sounds = 0;
    while (av_read_frame(input, packet) >= 0) {
        note_packet(packet, input->streams[packet->stream_index], timing);
        if (packet->stream_index == video) {
            timing->frames++;
            gint64 time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
            if (time != AV_NOPTS_VALUE)
                media_times_add(times, time, input->streams[video]->time_base);
        } else if (packet->stream_index == audio) {
            sounds++;
        }
        av_packet_unref(packet);
        gboolean enough = video >= 0 ? timing->frames >= MEDIA_TIMING_FRAMES : sounds > 0;
        if (enough && !whole)
            return FALSE;
    }
    if (video < 0)
        timing->frames = sounds;
    return TRUE;
}

void media_timing_judge_first(MediaTimes *times, const AVStream *stream, gboolean all,
                              MediaTiming *timing)
{
    AVRational hints[] = {stream->avg_frame_rate, stream->r_frame_rate};
    GArray *ticks = times->ticks;
    g_array_sort(ticks, compare_times);
    if (!all && !times->ended && ticks->len > 2 * SCAN_TAIL)
        g_array_set_size(ticks, ticks->len - SCAN_TAIL);
    media_timing_judge((const gint64 *)(void *)ticks->data, ticks->len, stream->time_base, hints,
                       G_N_ELEMENTS(hints), timing);
    timing->variable |= times->any_hole;
}

/* A sidecar was made from all packets: what follows from it is what reading to the end would say. */
static gboolean timing_from_index(AVFormatContext *input, int video, MediaTiming *timing)
{
    const MediaIndex *index = media_input_index(input);
    if (index == NULL || index->info->has_video != (video >= 0))
        return FALSE;
    gint64 end_us = (gint64)(index->info->duration_s * AV_TIME_BASE);
    *timing = (MediaTiming){
        .rate = video >= 0 ? index->info->rate : (ShowRate){30, 1},
        .variable = index->info->variable_rate,
        .frames = video >= 0 ? index->video.count : index->audio.count,
        .end_us = index->zero_us + end_us,
    };
    return timing->frames > 0;
}

void media_timing_find(AVFormatContext *input, int video, int audio, gboolean whole,
                       MediaTiming *timing)
{
    if (timing_from_index(input, video, timing))
        return;
    *timing = (MediaTiming){.rate = {30, 1}};
    MediaTimes times;
    media_times_init(&times);
    AVStream *stream = video >= 0 ? input->streams[video] : NULL;
    gboolean ended = TRUE;
    if (!whole && stream != NULL && times_from_index(input, stream, &times)) {
        timing->frames = times.ticks->len;
    } else {
        ended = scan_packets(input, video, audio, whole, &times, timing);
        if (video < 0)
            timing->frames = MAX(timing->frames, ended ? 0 : 1);
        if (!ended)
            timing->end_us = 0;
    }
    if (stream != NULL)
        media_timing_judge_first(&times, stream, ended, timing);
    media_times_clear(&times);
}
