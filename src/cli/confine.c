#include "confine.h"

#include "error.h"

/* The sanitiser's leak check needs calls that the sandbox denies: it is entered only when asked, and
 * there is no such check inside. */
#if defined(__SANITIZE_ADDRESS__)
#define BY_DEFAULT FALSE
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BY_DEFAULT FALSE
#endif
#endif
#ifndef BY_DEFAULT
#define BY_DEFAULT TRUE
static void end_without_leak_check(void)
{
}
#else
#include <sanitizer/lsan_interface.h>
static gboolean is_inside;
int __lsan_is_turned_off(void)
{
    return is_inside;
}
static void end_without_leak_check(void)
{
    is_inside = TRUE;
}
#endif

gboolean cli_is_confined(const CliArguments *arguments)
{
    return cli_flag(arguments, "sandbox") || cli_value(arguments, "parent") != NULL;
}

/* What the command reads, and the folder that was named. Borrowed texts. */
static GPtrArray *readable(const CliArguments *arguments, const char *const *read)
{
    GPtrArray *all = g_ptr_array_new();
    for (; read != NULL && *read != NULL; read++)
        g_ptr_array_add(all, (char *)*read);
    if (cli_value(arguments, "recordings") != NULL)
        g_ptr_array_add(all, (char *)cli_value(arguments, "recordings"));
    g_ptr_array_add(all, NULL);
    return all;
}

gboolean cli_confine(const CliArguments *arguments, CliConfine when, SandboxOptions *options,
                     GError **error)
{
    g_autoptr(GError) reason = NULL;
    gboolean asked = cli_is_confined(arguments);
    int parent = 0;
    if (!cli_integer(arguments, "parent", 1, G_MAXINT, &parent, error))
        return FALSE;
    options->parent = parent;
    g_autoptr(GPtrArray) read = readable(arguments, options->read);
    SandboxOptions entered = *options;
    entered.read = (const char *const *)read->pdata;
    if (!asked && !(BY_DEFAULT && when == CLI_CONFINE_BY_DEFAULT))
        return TRUE;
    if (sandbox_enter(&entered, &reason)) {
        end_without_leak_check();
        return TRUE;
    }
    if (!asked) {
        g_info("recordings are read outside a sandbox reason=%s", reason->message);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&reason));
    return FALSE;
}
