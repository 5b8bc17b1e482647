/* What tools/build-console writes. */
#pragma once
#include <console/console.h>

extern const uint8_t console_bytes[];
extern const ConsoleFile console_files[];
extern const size_t console_files_count;
