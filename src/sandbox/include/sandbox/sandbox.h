/* Giving up what a process that reads files from outside does not need. For ever: there is no way
 * back. Threads: call it before any other thread is made; those made later are inside. */
#pragma once
#include <glib.h>
#include <sys/types.h>

#define SANDBOX_ERROR (sandbox_error_quark())
GQuark sandbox_error_quark(void);

typedef enum {
    SANDBOX_ERROR_REFUSED = 1, /* the kernel does not give it */
    SANDBOX_ERROR_ORPHAN,      /* the parent had gone before it began */
} SandboxErrorCode;

typedef enum {
    SANDBOX_NETWORK_NONE = 0,
    SANDBOX_NETWORK_GIVEN, /* sockets that it was given, and descriptors that come through them */
    SANDBOX_NETWORK_CLIENT, /* and it connects to others, by name; what it listens on nobody reaches */
} SandboxNetwork;

typedef struct SandboxOptions {
    /* This process is killed when the thread that started it ends; so start it from a thread that
     * lives as long as it shall. 0: not bound to anybody. */
    pid_t parent;
    /* Files and folders with all that is in them, NULL at the end. What is not there is left out.
     * `write` may be read, too. NULL: none. Only where the kernel has Landlock. */
    const char *const *read;
    const char *const *write;
    /* 0: as it is. Lower limits that are set already stay. */
    guint64 cpu_s;        /* then it says so on standard error and exits with status 1 */
    guint64 memory_bytes; /* of address space; not under AddressSanitizer */
    guint64 file_bytes;   /* of each file that it writes */
    guint64 descriptors;
    SandboxNetwork network;
} SandboxOptions;

/* From here on: no sockets (but as `network` says), no new programs and processes (threads are fine), no
 * other process seen or signalled, no mounts and namespaces, no memory that is executed, no core files,
 * no privileges to be gained. On an error the process may be partly inside: it should end. */
gboolean sandbox_enter(const SandboxOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What this kernel gives of it; without one of the two the rest still holds. Threads: any. */
typedef struct SandboxKernel {
    gboolean has_calls; /* system calls can be denied (seccomp) */
    int folders;        /* version of Landlock; 0: files of other folders cannot be closed off */
} SandboxKernel;
SandboxKernel sandbox_look(void);
