/* Decisions in words, for people. */
#include <edit/replay.h>

static const char *label_of(int index, const GPtrArray *sources)
{
    if (index < 0 || index >= (int)sources->len)
        return NULL;
    return ((const ShowSource *)sources->pdata[index])->label;
}

/* What is said of the source that is shown (or that was lost); %s is its label. */
static const char *const sentences[DIRECTOR_REASONS] = {
    [DIRECTOR_REASON_OPENING] = "The show begins with %s",
    [DIRECTOR_REASON_SPEAKS] = "%s speaks",
    [DIRECTOR_REASON_INTERRUPTS] = "%s takes over",
    [DIRECTOR_REASON_CROSS_TALK] = "Several speak at once: %s",
    [DIRECTOR_REASON_SILENCE] = "Nobody speaks: %s",
    [DIRECTOR_REASON_MAXIMUM] = "The shot was long enough: %s",
    [DIRECTOR_REASON_REACTION] = "%s listens",
    [DIRECTOR_REASON_RETURN] = "Back to %s",
    [DIRECTOR_REASON_SLIDE] = "%s shows a new slide",
    [DIRECTOR_REASON_MANUAL] = "Cut to %s by hand",
    [DIRECTOR_REASON_AUTO] = "Automatic again: %s",
    [DIRECTOR_REASON_LOST] = "%s, because the picture before was lost",
    [DIRECTOR_REASON_BACK] = "%s is back",
    [DIRECTOR_REASON_PLANNED] = "%s",
};

char *edit_reason_sentence(const DirectorDecision *decision, const GPtrArray *sources)
{
    const char *label = label_of(decision->source, sources);
    if (label == NULL)
        return g_strdup("Nothing can be shown");
    gboolean known =
        decision->reason > DIRECTOR_REASON_UNSET && decision->reason < DIRECTOR_REASONS;
    const char *sentence = known ? sentences[decision->reason] : "%s";
    GString *text = g_string_new(sentence);
    g_string_replace(text, "%s", label, 1);
    return g_string_free(text, FALSE);
}
