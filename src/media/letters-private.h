/* Capitals, figures and a few signs as strokes, for pictures that name something: the slate of a live
 * show, and the sample show (samples/), which is drawn by a tool of its own. Needs nothing. */
#pragma once

enum { MEDIA_LETTER_HEIGHT = 6, MEDIA_LETTER_ADVANCE = 6 };

/* Strokes on a grid of 5 × 7: each word one stroke, each pair of digits a point x, y. NULL: there is
 * no such letter. Static. */
const char *media_letter_strokes(char letter);
