/* The voice detector alone: 16 kHz mono floats in, one probability for every 512 of them out. */
#include "listener-private.h"

#include <stdio.h>

int main(void)
{
    static SpeechListener listener;
    speech_listener_init(&listener);
    while (fread(speech_listener_input(&listener), sizeof(float), SPEECH_NARROW_SAMPLES, stdin) ==
           SPEECH_NARROW_SAMPLES) {
        SpeechFrame frame = speech_listener_push(&listener);
        if (fwrite(&frame.probability, sizeof(float), 1, stdout) != 1)
            return 1;
    }
    return 0;
}
