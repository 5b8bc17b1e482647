/* Price tables (data/prices.json): what a place charges, with source and date. */
#pragma once
#include <glib.h>

typedef enum {
    CLI_PRICE_SERVER = 0, /* an hour of the studio's machine */
    CLI_PRICE_RENDER,     /* an hour of one processor */
    CLI_PRICE_STORAGE,    /* a GB (10^9 bytes) for 30 days */
    CLI_PRICE_IN,         /* a GB */
    CLI_PRICE_OUT,
    CLI_PRICES,
} CliPriceOf;

typedef struct CliPrice {
    double price;
    const char *unit, *what, *source, *date; /* "" where the table says none */
} CliPrice;

typedef struct CliPrices CliPrices;

/* path NULL: the table that was installed with the program, or else the one that it carries. `place`
 * NULL: the one that the table names. Errors name the file and the member. */
CliPrices *cli_prices_load(const char *path, const char *place,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cli_prices_free(CliPrices *prices); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliPrices, cli_prices_free)

/* All borrowed. */
const char *cli_prices_file(const CliPrices *prices);
const char *cli_prices_currency(const CliPrices *prices);
const char *cli_prices_place(const CliPrices *prices);
const char *cli_prices_label(const CliPrices *prices);
const char *cli_prices_region(const CliPrices *prices); /* "" where the table says none */
const CliPrice *cli_prices_of(const CliPrices *prices, CliPriceOf what);
double
cli_prices_ceiling(const CliPrices *prices); /* for an hour of show, outside live and render */
/* "camera_kbits", "render_cpu.h264" …; FALSE: the table does not know. */
gboolean cli_prices_usage(const CliPrices *prices, const char *name, double *value);
