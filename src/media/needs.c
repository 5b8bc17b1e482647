#include <media/needs.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include <string.h>

typedef gboolean (*Look)(const char *name);

static gboolean has_encoder(const char *name)
{
    return avcodec_find_encoder_by_name(name) != NULL;
}

static gboolean has_decoder(const char *name)
{
    const AVCodecDescriptor *codec = avcodec_descriptor_get_by_name(name);
    return codec != NULL && avcodec_find_decoder(codec->id) != NULL;
}

static gboolean has_muxer(const char *name)
{
    return av_guess_format(name, NULL, NULL) != NULL;
}

static gboolean has_demuxer(const char *name)
{
    return av_find_input_format(name) != NULL;
}

static gboolean has_protocol(const char *name)
{
    void *state = NULL;
    const char *found = NULL;
    while ((found = avio_enum_protocols(&state, 1)) != NULL)
        if (strcmp(found, name) == 0)
            return TRUE;
    return FALSE;
}

static const struct {
    const char *kind;
    Look look;
    const char *name, *use;
} table[] = {
    {"encoder", has_encoder, "libx264", "renders, slates of live streams"},
    {"encoder", has_encoder, "aac", "the sound of renders and live streams"},
    {"encoder", has_encoder, "mjpeg", "posters of the library"},
    {"decoder", has_decoder, "h264", "recordings in H.264"},
    {"decoder", has_decoder, "vp8", "recordings in VP8"},
    {"decoder", has_decoder, "vp9", "recordings in VP9"},
    {"decoder", has_decoder, "opus", "the sound of recordings"},
    {"demuxer", has_demuxer, "matroska", "recordings"},
    {"demuxer", has_demuxer, "mp4", "cameras' files"},
    {"muxer", has_muxer, "mp4", "renders"},
    {"muxer", has_muxer, "matroska", "recordings in parts"},
    {"muxer", has_muxer, "flv", "live streams"},
    {"protocol", has_protocol, "rtmp", "live streams"},
    {"protocol", has_protocol, "rtmps", "live streams with TLS"},
};

G_STATIC_ASSERT(G_N_ELEMENTS(table) <= MEDIA_NEEDS_MAX);

guint media_needs(MediaNeed *needs)
{
    for (guint i = 0; i < G_N_ELEMENTS(table); i++)
        needs[i] = (MediaNeed){.name = table[i].name,
                               .kind = table[i].kind,
                               .use = table[i].use,
                               .is_there = table[i].look(table[i].name)};
    return G_N_ELEMENTS(table);
}
