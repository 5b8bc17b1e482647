/* What is to be rendered, in frames: pure arithmetic over shots and pieces. */
#pragma once
#include <media/render.h>

#define MEDIA_PLAN_BLACK G_MAXSIZE

typedef struct MediaPlanShot {
    gsize camera;      /* index into MediaRender.cameras, or MEDIA_PLAN_BLACK */
    gint64 first, end; /* program frames, half open */
} MediaPlanShot;

typedef struct MediaPlanPiece {
    gint64 first, end; /* program frames, half open */
    gint64 at;         /* its first frame in the highlights */
} MediaPlanPiece;

typedef struct MediaPlan {
    ShowRate rate;
    double start_s; /* session time of frame 0 */
    gint64 frames;
    GArray *shots;  /* MediaPlanShot: cover all frames in order; neighbours differ */
    GArray *pieces; /* MediaPlanPiece: ascending, never overlapping */
} MediaPlan;

MediaPlan *media_plan_new(const MediaRender *render, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_plan_free(MediaPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaPlan, media_plan_free)

const MediaPlanShot *media_plan_shot(const MediaPlan *plan, guint index);
const MediaPlanPiece *media_plan_piece(const MediaPlan *plan, guint index);

double media_plan_seconds(const MediaPlan *plan, gint64 frames);
double media_plan_session_s(const MediaPlan *plan, gint64 frame);
/* First sound sample (48 kHz) of a frame. */
gint64 media_plan_sample(const MediaPlan *plan, gint64 frame);
/* This frame is to be a keyframe: a piece begins or ends with it, or it begins a shot soon after
 * that. There the encoder makes none of its own (x264's min-keyint), and what begins with a worse
 * picture stays worse: three such shots a minute took .0002 of SSIM. */
gboolean media_plan_wants_keyframe(const MediaPlan *plan, gint64 frame);

/* Where each piece comes to lie, now that frames are counted. highlights: of the plan, or NULL. */
void media_plan_note_pieces(const MediaPlan *plan, ShowHighlights *highlights);
