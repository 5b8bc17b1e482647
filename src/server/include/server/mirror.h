/* The bucket to which finished files are copied. Threads: any. */
#pragma once
#include <s3/s3.h>
#include <server/config.h>

/* Where the mirror is, and as whom; strings are the configuration's. */
S3Options server_mirror_options(const ServerConfig *config);
