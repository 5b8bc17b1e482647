#include "prices.h"

#include "error.h"
#include <show/json.h>

#include <string.h>

extern const char cli_prices_carried[]; /* data/prices.json */

static const char *const names[CLI_PRICES] = {
    [CLI_PRICE_SERVER] = "server", [CLI_PRICE_RENDER] = "render",   [CLI_PRICE_STORAGE] = "storage",
    [CLI_PRICE_IN] = "traffic_in", [CLI_PRICE_OUT] = "traffic_out",
};

struct CliPrices {
    ShowJson *json;
    char *file;
    const char *place;
    const json_t *root, *at; /* of the table, of the place */
    CliPrice prices[CLI_PRICES];
    double ceiling;
};

static gboolean wrong(const CliPrices *prices, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean wrong(const CliPrices *prices, GError **error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *message = g_strdup_vprintf(format, values);
    va_end(values);
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "%s: %s", prices->file, message);
    return FALSE;
}

static gboolean is_price(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0 && json_number_value(value) < 1e9;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static gboolean read_price(CliPrices *prices, CliPriceOf what, GError **error)
{
    const json_t *entry = json_object_get(prices->at, names[what]);
    const json_t *price = json_object_get(entry, "price");
    if (!is_price(price))
        return wrong(prices, error, "places.%s.%s.price: expected a number ≥ 0", prices->place,
                     names[what]);
    prices->prices[what] = (CliPrice){
        .price = json_number_value(price),
        .unit = text_of(entry, "unit"),
        .what = text_of(entry, "what"),
        .source = text_of(entry, "source"),
        .date = text_of(entry, "date"),
    };
    return TRUE;
}

static gboolean find_place(CliPrices *prices, const char *wanted, GError **error)
{
    const json_t *places = json_object_get(prices->root, "places");
    prices->place = wanted != NULL ? wanted : text_of(prices->root, "place");
    prices->at = json_object_get(places, prices->place);
    if (prices->at != NULL)
        return TRUE;
    g_autoptr(GString) known = g_string_new(NULL);
    const char *name = NULL;
    const json_t *value = NULL;
    json_object_foreach((json_t *)places, name, value)
        g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "", name);
    return wrong(prices, error, "there is no place \"%s\"; it knows: %s", prices->place,
                 known->len > 0 ? known->str : "none");
}

static gboolean read_table(CliPrices *prices, const char *place, GError **error)
{
    const json_t *ceiling = json_object_get(json_object_get(prices->root, "ceiling"), "price");
    if (ceiling != NULL && !is_price(ceiling))
        return wrong(prices, error, "ceiling.price: expected a number ≥ 0");
    prices->ceiling = ceiling != NULL ? json_number_value(ceiling) : G_MAXDOUBLE;
    if (!find_place(prices, place, error))
        return FALSE;
    for (int i = 0; i < CLI_PRICES; i++)
        if (!read_price(prices, (CliPriceOf)i, error))
            return FALSE;
    return TRUE;
}

CliPrices *cli_prices_load(const char *path, const char *place, GError **error)
{
    static const char installed[] = CROSSCUT_DATA_DIR "/prices.json";
    g_autoptr(CliPrices) prices = g_new0(CliPrices, 1);
    gboolean is_there = path != NULL || g_file_test(installed, G_FILE_TEST_EXISTS);
    prices->file = g_strdup(path != NULL ? path : is_there ? installed : "prices.json");
    prices->json = is_there ? show_json_load(prices->file, error)
                            : show_json_parse(prices->file, cli_prices_carried,
                                              strlen(cli_prices_carried), error);
    if (prices->json == NULL)
        return NULL;
    prices->root = show_json_root(prices->json);
    return read_table(prices, place, error) ? g_steal_pointer(&prices) : NULL;
}

void cli_prices_free(CliPrices *prices)
{
    if (prices == NULL)
        return;
    show_json_free(prices->json);
    g_free(prices->file);
    g_free(prices);
}

const char *cli_prices_file(const CliPrices *prices)
{
    return prices->file;
}

const char *cli_prices_currency(const CliPrices *prices)
{
    return text_of(prices->root, "currency");
}

const char *cli_prices_place(const CliPrices *prices)
{
    return prices->place;
}

const char *cli_prices_label(const CliPrices *prices)
{
    return text_of(prices->at, "label");
}

const char *cli_prices_region(const CliPrices *prices)
{
    return text_of(prices->at, "region");
}

const CliPrice *cli_prices_of(const CliPrices *prices, CliPriceOf what)
{
    return &prices->prices[what];
}

double cli_prices_ceiling(const CliPrices *prices)
{
    return prices->ceiling;
}

gboolean cli_prices_usage(const CliPrices *prices, const char *name, double *value)
{
    g_auto(GStrv) parts = g_strsplit(name, ".", -1);
    const json_t *at = json_object_get(prices->root, "usage");
    for (char **part = parts; *part != NULL; part++)
        at = json_object_get(at, *part);
    if (!is_price(at))
        return FALSE;
    *value = json_number_value(at);
    return TRUE;
}
