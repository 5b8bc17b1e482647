/* Frame rates as exact fractions. 128-bit products, so that no frame of a year overflows. */
#include <show/rate.h>

__extension__ typedef __int128 Wide;

/* Nearest integer to a / b, halves up; b > 0. */
static gint64 divide_nearest(Wide a, Wide b)
{
    Wide twice = 2 * a + b;
    Wide quotient = twice / (2 * b);
    if (twice % (2 * b) < 0)
        quotient--;
    return (gint64)CLAMP(quotient, (Wide)G_MININT64, (Wide)G_MAXINT64);
}

static gint64 greatest_divisor(gint64 a, gint64 b)
{
    while (b != 0) {
        gint64 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

ShowRate show_rate_nearest(double hz)
{
    static const ShowRate known[] = {
        {24000, 1001}, {24, 1},       {25, 1}, {30000, 1001}, {30, 1},
        {50, 1},       {60000, 1001}, {60, 1}, {100, 1},      {120, 1},
    };
    if (!(hz > 0) || hz > G_MAXINT / 1000)
        return (ShowRate){0, 0};
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        double exact = (double)known[i].num / known[i].den;
        if (ABS(hz - exact) <= exact * 2e-4)
            return known[i];
    }
    gint64 thousandths = MAX((gint64)(hz * 1000 + 0.5), 1);
    gint64 divisor = greatest_divisor(thousandths, 1000);
    return (ShowRate){(int)(thousandths / divisor), (int)(1000 / divisor)};
}

gboolean show_rate_equal(ShowRate a, ShowRate b)
{
    return (gint64)a.num * b.den == (gint64)b.num * a.den && (a.num == 0) == (b.num == 0);
}

gint64 show_rate_ms(ShowRate rate, gint64 frame)
{
    g_assert(rate.num > 0 && rate.den > 0);
    return divide_nearest((Wide)frame * 1000 * rate.den, rate.num);
}

gint64 show_rate_frame(ShowRate rate, gint64 ms)
{
    g_assert(rate.num > 0 && rate.den > 0);
    return divide_nearest((Wide)ms * rate.num, (Wide)1000 * rate.den);
}
