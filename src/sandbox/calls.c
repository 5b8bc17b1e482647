/* seccomp (seccomp(2)): a list of the system calls that reading and writing media takes: GLib, libc
 * with its threads, libav and its encoders. What is not on it fails with EPERM, as if the user had no
 * right to it; a process of another architecture's calls is killed. */
#include "parts-private.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* Arguments are looked at by their lower half: flags and commands fit into it. All architectures
 * above have the lower half first. */
typedef struct Rule {
    guint32 call;
    guint32 mask;  /* 0: whatever its arguments are */
    guint32 value; /* (argument & mask) must be this */
    guint8 argument;
} Rule;

#define ANY(name)                    \
    {                                \
        .call = (guint32)__NR_##name \
    }
#define IF(name, number, bits, is)                                                                 \
    {                                                                                              \
        .call = (guint32)__NR_##name, .argument = (number), .mask = (guint32)(bits), .value = (is) \
    }
#define IS(name, number, is) IF(name, number, G_MAXUINT32, (guint32)(is))

enum {
    THREAD = CLONE_VM | CLONE_THREAD,
    OTHER_WORLDS = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS |
                   CLONE_NEWIPC | CLONE_NEWCGROUP,
};

static const Rule rules[] = {
    /* files */
    ANY(read),
    ANY(readv),
    ANY(pread64),
    ANY(preadv),
    ANY(write),
    ANY(writev),
    ANY(pwrite64),
    ANY(pwritev),
    ANY(lseek),
    ANY(close),
    ANY(openat),
    ANY(fstat),
    ANY(newfstatat),
    ANY(statx),
    ANY(fstatfs),
    ANY(statfs),
    ANY(faccessat),
    ANY(faccessat2),
    ANY(readlinkat),
    ANY(getdents64),
    ANY(getcwd),
    ANY(fcntl),
    ANY(flock),
    ANY(dup),
    ANY(dup3),
    ANY(ftruncate),
    ANY(fallocate),
    ANY(fsync),
    ANY(fdatasync),
    ANY(fadvise64),
    ANY(renameat),
    ANY(renameat2),
    ANY(unlinkat),
    ANY(mkdirat),
    ANY(fchmod),
    ANY(utimensat),
    ANY(umask),
    ANY(copy_file_range),
    /* memory; none of it may be executed */
    ANY(brk),
    ANY(munmap),
    ANY(mremap),
    ANY(madvise),
    ANY(msync),
    ANY(membarrier),
    IF(mmap, 2, PROT_EXEC, 0),
    IF(mprotect, 2, PROT_EXEC, 0),
    /* threads */
    IF(clone, 0, THREAD | OTHER_WORLDS, THREAD),
    ANY(futex),
    ANY(set_robust_list),
    ANY(rseq),
    ANY(exit),
    ANY(exit_group),
    ANY(sched_yield),
    ANY(sched_getaffinity),
    ANY(sched_getattr),
    ANY(sched_setattr),
    ANY(sched_getparam),
    ANY(sched_getscheduler),
    ANY(sched_get_priority_max),
    ANY(sched_get_priority_min),
    ANY(gettid),
    IS(prctl, 0, PR_SET_NAME),
    IS(prctl, 0, PR_GET_NAME),
    IS(prctl, 0, PR_GET_DUMPABLE),
    /* signals, of its own */
    ANY(rt_sigaction),
    ANY(rt_sigprocmask),
    ANY(rt_sigreturn),
    ANY(rt_sigtimedwait),
    ANY(sigaltstack),
    ANY(restart_syscall),
    /* time and waiting */
    ANY(clock_gettime),
    ANY(clock_getres),
    ANY(clock_nanosleep),
    ANY(nanosleep),
    ANY(gettimeofday),
    ANY(ppoll),
    ANY(pselect6),
    ANY(eventfd2),
    ANY(pipe2),
    ANY(times),
    ANY(getrusage),
    /* what it is */
    ANY(getpid),
    ANY(getppid),
    ANY(getuid),
    ANY(geteuid),
    ANY(getgid),
    ANY(getegid),
    ANY(uname),
    ANY(sysinfo),
    ANY(getrandom),
    ANY(getrlimit),
    ANY(setrlimit),
    IS(prlimit64, 0, 0),
    IS(ioctl, 1, TCGETS),
    IS(ioctl, 1, TIOCGWINSZ),
#ifdef __NR_open /* calls that newer architectures have no more */
    ANY(open),
    ANY(stat),
    ANY(lstat),
    ANY(access),
    ANY(readlink),
    ANY(rename),
    ANY(unlink),
    ANY(mkdir),
    ANY(rmdir),
    ANY(dup2),
    ANY(poll),
    ANY(select),
    ANY(chmod),
    ANY(time),
#endif
};

/* Sockets that are there: what read() and write() cannot. */
static const Rule given_rules[] = {
    ANY(recvmsg),
    ANY(sendmsg),
    ANY(shutdown),
};

/* Connecting, by name: TCP, UDP to name servers, the kernel's list of own addresses (how getaddrinfo()
 * puts them in order), local sockets of name services. No listening. */
static const Rule client_rules[] = {
    IS(socket, 0, AF_INET),
    IS(socket, 0, AF_INET6),
    IS(socket, 0, AF_UNIX),
    IS(socket, 0, AF_NETLINK),
    ANY(connect),
    ANY(bind), /* of netlink sockets; without listen() and recvfrom strangers it serves nobody */
    ANY(getsockname),
    ANY(getpeername),
    ANY(getsockopt),
    ANY(setsockopt),
    ANY(sendto),
    ANY(recvfrom),
    ANY(sendmmsg),
    IS(ioctl, 1, FIONREAD),
};

enum {
    RULES = G_N_ELEMENTS(rules) + G_N_ELEMENTS(given_rules) + G_N_ELEMENTS(client_rules),
    PROGRAM_MAX = 16 + 6 * RULES,
};

typedef struct Program {
    struct sock_filter steps[PROGRAM_MAX];
    gsize length;
} Program;

static void add(Program *program, struct sock_filter step)
{
    g_assert(program->length < PROGRAM_MAX);
    program->steps[program->length++] = step;
}

static void load(Program *program, gsize offset)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (guint32)offset));
}

/* Goes on when what was loaded is `value`, else skips so many steps. */
static void unless_skip(Program *program, guint32 value, guint8 steps)
{
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, steps));
}

static void answer(Program *program, guint32 value)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

static void add_rule(Program *program, const Rule *rule)
{
    if (rule->mask == 0) {
        unless_skip(program, rule->call, 1);
        answer(program, SECCOMP_RET_ALLOW);
        return;
    }
    unless_skip(program, rule->call, 5);
    load(program, offsetof(struct seccomp_data, args) + 8 * (gsize)rule->argument);
    add(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rule->mask));
    unless_skip(program, rule->value, 1);
    answer(program, SECCOMP_RET_ALLOW);
    load(program, offsetof(struct seccomp_data, nr)); /* another rule may allow it */
}

#ifdef ARCHITECTURE

static void add_rules(Program *program, const Rule *list, gsize count)
{
    for (gsize i = 0; i < count; i++)
        add_rule(program, &list[i]);
}

static void write_program(Program *program, SandboxNetwork network)
{
    const Rule own_threads = IS(tgkill, 0, getpid()); /* how abort() ends a process */
    load(program, offsetof(struct seccomp_data, arch));
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
    answer(program, SECCOMP_RET_KILL_PROCESS);
    load(program, offsetof(struct seccomp_data, nr));
    /* Its flags lie in memory, where they cannot be looked at; libc then uses clone(). */
    unless_skip(program, __NR_clone3, 1);
    answer(program, SECCOMP_RET_ERRNO | ENOSYS);
    add_rules(program, rules, G_N_ELEMENTS(rules));
    if (network >= SANDBOX_NETWORK_GIVEN)
        add_rules(program, given_rules, G_N_ELEMENTS(given_rules));
    if (network >= SANDBOX_NETWORK_CLIENT)
        add_rules(program, client_rules, G_N_ELEMENTS(client_rules));
    add_rule(program, &own_threads);
    answer(program, SECCOMP_RET_ERRNO | EPERM);
}

gboolean sandbox_confine_calls(SandboxNetwork network, GError **error)
{
    Program program = {.length = 0};
    write_program(&program, network);
    struct sock_fprog filter = {.len = (unsigned short)program.length, .filter = program.steps};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0)
        return TRUE;
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED,
                "the sandbox cannot confine its system calls: %s", g_strerror(errno));
    return FALSE;
}

gboolean sandbox_calls_can_be_denied(void)
{
    guint32 action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#else

gboolean sandbox_calls_can_be_denied(void)
{
    return FALSE;
}

gboolean sandbox_confine_calls(SandboxNetwork network, GError **error)
{
    (void)network;
    g_set_error_literal(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED,
                        "the sandbox does not know this processor's system calls");
    return FALSE;
}

#endif
