/* The two parts that the kernel keeps. */
#pragma once
#include <sandbox/sandbox.h>

/* Landlock. TRUE where the kernel has none. */
gboolean sandbox_confine_folders(const SandboxOptions *options, GError **error);
/* seccomp, for every thread. */
gboolean sandbox_confine_calls(SandboxNetwork network, GError **error);
/* What the kernel has of them. */
int sandbox_folders_version(void);
gboolean sandbox_calls_can_be_denied(void);
