/* Why a picture is on screen: names for files, phrases for people. */
#include <director/director.h>

typedef struct ReasonText {
    const char *name;
    const char *text;
} ReasonText;

static const ReasonText reasons[DIRECTOR_REASONS] = {
    [DIRECTOR_REASON_UNSET] = {"unset", "no reason"},
    [DIRECTOR_REASON_OPENING] = {"opening", "the show begins"},
    [DIRECTOR_REASON_SPEAKS] = {"speaks", "speaks"},
    [DIRECTOR_REASON_INTERRUPTS] = {"interrupts", "speaks over the person on screen"},
    [DIRECTOR_REASON_CROSS_TALK] = {"cross-talk", "several speak at once"},
    [DIRECTOR_REASON_SILENCE] = {"silence", "nobody speaks"},
    [DIRECTOR_REASON_MAXIMUM] = {"maximum", "the shot was long enough"},
    [DIRECTOR_REASON_REACTION] = {"reaction", "listens"},
    [DIRECTOR_REASON_RETURN] = {"return", "back to the conversation"},
    [DIRECTOR_REASON_SLIDE] = {"slide", "the slide changed"},
    [DIRECTOR_REASON_MANUAL] = {"manual", "cut by hand"},
    [DIRECTOR_REASON_AUTO] = {"auto", "back to automatic"},
    [DIRECTOR_REASON_LOST] = {"lost", "the picture on screen was lost"},
    [DIRECTOR_REASON_BACK] = {"back", "a better picture is there again"},
    [DIRECTOR_REASON_PLANNED] = {"planned", "the best picture for what follows"},
};

const char *director_reason_name(DirectorReason reason)
{
    return (unsigned)reason < DIRECTOR_REASONS ? reasons[reason].name : reasons[0].name;
}

const char *director_reason_text(DirectorReason reason)
{
    return (unsigned)reason < DIRECTOR_REASONS ? reasons[reason].text : reasons[0].text;
}
