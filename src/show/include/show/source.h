/* A source: one camera, screen or microphone of a show. */
#pragma once
#include <glib.h>
#include <jansson.h>

typedef enum {
    SHOW_ROLE_UNSET = 0,
    SHOW_ROLE_PERSON, /* a camera on one person, with that person's microphone */
    SHOW_ROLE_WIDE,   /* a camera on everybody */
    SHOW_ROLE_SCREEN, /* slides or a shared screen */
    SHOW_ROLE_MIC,    /* sound only, never on screen */
} ShowRole;

typedef struct ShowSource {
    char *id;      /* "cam_1"; see show/limits.h */
    char *label;   /* what people call it; never NULL, the id when nothing was given */
    ShowRole role; /* never UNSET once read */
    int priority;  /* −10 … 10, 0 unless set: who is preferred when two are equally right */
    char *camera;  /* of a mic: the id of the camera that shows the person who wears it; or NULL */
    json_t *extra; /* object of members that this version does not know, or NULL; owned */
} ShowSource;

ShowSource *show_source_new(const char *id, const char *label, ShowRole role);
ShowSource *show_source_dup(const ShowSource *source);
void show_source_free(ShowSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowSource, show_source_free)

const char *show_role_name(ShowRole role);       /* "person", …; static */
ShowRole show_role_from_name(const char *name);  /* UNSET when it is no role */

/* `name` and `where` ("sources[2]") stand in errors. */
ShowSource *show_source_from_json(const char *name, const char *where, const json_t *value,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
json_t *show_source_to_json(const ShowSource *source); /* new reference */

/* Index of the source with this id in an array of ShowSource *, or -1. */
int show_sources_find(const GPtrArray *sources, const char *id);
