/* Gain share between the mics of one room, and hysteresis: of those who hear a voice, who speaks.
 * After the gain share of D. Dugan's automatic mixer (JAES 23, 1975): every mic hears everybody,
 * the one that is loudest relative to the level of its own person wins. */
#pragma once
#include <speech/speech.h>

/* Levels in dB, times in ms; in brackets what speech_share_defaults() gives. */
typedef struct SpeechShareSettings {
    float on_probability;   /* [0.5] a voice begins at this probability … */
    float stay_probability; /* [0.25] … and goes on down to this one */
    /* and when the mic has this share of its own and the strongest other's sound: 0 = alone,
     * −3 = both alike */
    float on_share_db;   /* [−2.5] */
    float stay_share_db; /* [−4.5] */
    int on_ms;           /* [96] held this long before it counts */
    int off_ms;          /* [448] gone this long before it ends */
    float rise, fall;    /* [0.8, 0.15] smoothing of the level per frame, 0 … 1 */
} SpeechShareSettings;

typedef struct SpeechShareMic {
    float gain_db;     /* level of this mic's own person, dBFS; what the sound check found */
    float priority_db; /* 0 unless somebody is preferred */
    bool silent;       /* never speaks in this show: never active, takes no share */
} SpeechShareMic;

typedef struct SpeechEdge {
    int mic;
    bool start;      /* speaking_start, else speaking_stop */
    int64_t t_ms;    /* when a live detector would have known: end of the frame that decided */
    int64_t edge_ms; /* estimate of the moment in the sound itself, ≤ t_ms. In one mic edges ascend,
                        and none is before the first frame */
} SpeechEdge;

typedef struct SpeechShare SpeechShare;

void speech_share_defaults(SpeechShareSettings *settings);
size_t speech_share_size(void); /* bytes; give memory aligned to 16 */
/* mics: 1 … SPEECH_MICS_MAX. settings NULL = defaults. NULL when mics is out of range. */
SpeechShare *speech_share_init(void *memory, int mics, const SpeechShareSettings *settings);
/* May be called during the show; counts from the next frame. */
void speech_share_set_mic(SpeechShare *share, int mic, SpeechShareMic setting);

/* frames[mics]: the frame of each mic that ends at t_ms (session clock; ascending, normally by
 * 32 ms). A mic without sound gives {0, SPEECH_LEVEL_MIN_DB}. Writes at most 2 × mics edges,
 * ordered by (t, mic), and returns how many. */
int speech_share_push(SpeechShare *share, const SpeechFrame *frames, int64_t t_ms,
                      SpeechEdge *edges);
/* Ends what is still open at t_ms, as push does. */
int speech_share_finish(SpeechShare *share, int64_t t_ms, SpeechEdge *edges);

/* Share of each mic in the last frame, dB ≤ 0: what the meters and the automatic mix use. */
float speech_share_weight_db(const SpeechShare *share, int mic);
bool speech_share_active(const SpeechShare *share, int mic);
