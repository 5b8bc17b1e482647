/* Spans of speech and the turns they form. Always: spans are in order and do not overlap, and only
 * the newest can be open. */
#include "voices-private.h"

static VoiceSpan *span_at(Voice *voice, uint32_t i)
{
    return &voice->spans[i % VOICE_SPANS];
}

static const VoiceSpan *peek_span(const Voice *voice, uint32_t i)
{
    return &voice->spans[i % VOICE_SPANS];
}

static uint32_t oldest(const Voice *voice)
{
    return voice->count > VOICE_SPANS ? voice->count - VOICE_SPANS : 0;
}

bool voice_is_open(const Voice *voice)
{
    return voice->count > 0 && peek_span(voice, voice->count - 1)->end_ms == VOICE_OPEN;
}

void voice_start(Voice *voice, int64_t edge_ms, int64_t breath_ms)
{
    if (voice_is_open(voice))
        return;
    VoiceSpan span = {.start_ms = edge_ms, .end_ms = VOICE_OPEN, .turn_ms = edge_ms};
    if (voice->count > 0) {
        const VoiceSpan *last = peek_span(voice, voice->count - 1);
        if (span.start_ms < last->end_ms)
            span.start_ms = last->end_ms;
        span.turn_ms = span.start_ms - last->end_ms < breath_ms ? last->turn_ms : span.start_ms;
    }
    *span_at(voice, voice->count++) = span;
}

void voice_stop(Voice *voice, int64_t edge_ms)
{
    if (!voice_is_open(voice))
        return;
    VoiceSpan *span = span_at(voice, voice->count - 1);
    int64_t least = span->start_ms + VOICE_SPAN_MIN;
    span->end_ms = edge_ms > least ? edge_ms : least;
}

/* The newest span that has begun at c; count when there is none. */
static uint32_t find_begun(const Voice *voice, int64_t c_ms)
{
    for (uint32_t i = voice->count; i > oldest(voice); i--)
        if (peek_span(voice, i - 1)->start_ms <= c_ms)
            return i - 1;
    return voice->count;
}

static int64_t next_start(const Voice *voice, int64_t c_ms)
{
    int64_t next = VOICE_OPEN;
    for (uint32_t i = voice->count; i > oldest(voice); i--) {
        if (peek_span(voice, i - 1)->start_ms <= c_ms)
            break;
        next = peek_span(voice, i - 1)->start_ms;
    }
    return next;
}

/* How far the turn of span i is known to go at h. */
static int64_t turn_end(const Voice *voice, uint32_t i, int64_t h_ms)
{
    int64_t turn_ms = peek_span(voice, i)->turn_ms;
    while (i + 1 < voice->count && peek_span(voice, i + 1)->turn_ms == turn_ms)
        i++;
    int64_t end_ms = peek_span(voice, i)->end_ms;
    return end_ms < h_ms ? end_ms : h_ms;
}

void voice_hear(const Voice *voice, int64_t c_ms, int64_t h_ms, VoiceHeard *heard)
{
    *heard = (VoiceHeard){.quiet_ms = VOICE_LONG_AGO_MS, .next_ms = next_start(voice, c_ms)};
    uint32_t i = find_begun(voice, c_ms);
    if (i == voice->count)
        return;
    const VoiceSpan *span = peek_span(voice, i);
    bool breath = i + 1 < voice->count && peek_span(voice, i + 1)->turn_ms == span->turn_ms;
    heard->turn_ms = span->turn_ms;
    heard->known_ms = turn_end(voice, i, h_ms) - span->turn_ms;
    heard->speaking = c_ms < span->end_ms || breath;
    heard->open = heard->speaking && voice_is_open(voice) &&
                  peek_span(voice, voice->count - 1)->turn_ms == span->turn_ms;
    heard->quiet_ms = heard->speaking ? 0 : c_ms - span->end_ms;
}
