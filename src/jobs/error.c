#include <jobs/error.h>

G_DEFINE_QUARK(jobs - error - quark, jobs_error)
