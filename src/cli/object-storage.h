/* Object storage for commands: the address is an option of theirs, the rest comes from the
 * environment, as other programs that speak S3 have it:
 *   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   CROSSCUT_S3_ENDPOINT, else AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL
 *   CROSSCUT_S3_REGION, else AWS_REGION, else AWS_DEFAULT_REGION */
#pragma once
#include <s3/s3.h>

/* `url`: "s3://bucket/prefix". CLI_ERROR_USAGE. */
S3Client *cli_object_storage_new(const char *url, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Secrets in the environment are wiped, so that neither /proc/PID/environ nor a child gets to see
 * them. Before other threads read the environment. */
void cli_forget_secrets(void);
