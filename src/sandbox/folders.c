/* Landlock (landlock(7)): which files may be opened. Older kernels know fewer rights; what one does
 * not know it cannot take away. */
#include "parts-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since Linux 6.2, so not in every header. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define OF_FILES \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define TO_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define TO_WRITE                                                                                  \
    (TO_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |                      \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER)

/* What libraries look at on the way: how many cores there are, random numbers, the time zone, and
 * malloc whether memory may be promised twice. */
static const char *const always[] = {"/dev/null",
                                     "/dev/urandom",
                                     "/etc/localtime",
                                     "/sys/devices/system/cpu",
                                     "/usr/share/zoneinfo",
                                     "/proc/sys/vm/overcommit_memory",
                                     NULL};

/* All rights of a version of Landlock. */
static guint64 rights_of(long version)
{
    guint64 first = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    if (version >= 2)
        first |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        first |= LANDLOCK_ACCESS_FS_TRUNCATE;
    return first;
}

static gboolean fail(GError **error, const char *doing, const char *path)
{
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED, "the sandbox cannot %s%s%s: %s", doing,
                path[0] != '\0' ? " " : "", path, g_strerror(errno));
    return FALSE;
}

static gboolean allow(int rules, const char *path, guint64 rights, GError **error)
{
    struct stat status;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return TRUE; /* not there: whoever wants it will say so */
    if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode))
        rights &= OF_FILES;
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights, .parent_fd = fd};
    long result = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    int reason = errno;
    close(fd);
    errno = reason;
    return result == 0 || fail(error, "open up", path);
}

static gboolean allow_all(int rules, const char *const *paths, guint64 rights, GError **error)
{
    for (; paths != NULL && *paths != NULL; paths++)
        if (!allow(rules, *paths, rights, error))
            return FALSE;
    return TRUE;
}

int sandbox_folders_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

gboolean sandbox_confine_folders(const SandboxOptions *options, GError **error)
{
    long version = sandbox_folders_version();
    if (version < 1) {
        g_debug("folders are not confined: the kernel has no Landlock");
        return TRUE;
    }
    guint64 handled = rights_of(version);
    struct landlock_ruleset_attr attributes = {.handled_access_fs = handled};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (rules < 0)
        return fail(error, "confine its folders", "");
    gboolean good = allow_all(rules, always, TO_READ & handled, error) &&
                    allow_all(rules, options->read, TO_READ & handled, error) &&
                    allow_all(rules, options->write, TO_WRITE & handled, error);
    if (good && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        good = fail(error, "confine its folders", "");
    close(rules);
    return good;
}
