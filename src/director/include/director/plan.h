/* Full knowledge: the cheapest shot list for a whole log, by dynamic programming over steps of
 * 100 ms (exact on that grid; the cost is that of bench/director: who is shown while who speaks,
 * every cut, short shots, ping-pong). Cuts by hand, lost sources, minimum shots, openings, maximum
 * shots, reactions and slides hold as in the live director; confirm, interrupt, cross-talk, silence
 * and return times are for those who cannot see the end, and the cost takes their place. Memory
 * does not grow with the length of the show: the plan is settled behind a moving window as soon as
 * all ways to go on share their past. */
#pragma once
#include <director/director.h>

typedef struct DirectorPlan DirectorPlan;

size_t director_plan_size(int n_sources); /* bytes; give memory aligned to 16. 1 … 16 sources */
/* events: ascending at_ms; borrowed until the plan is done. Plans [start_ms, end_ms). NULL as
 * director_init(). */
DirectorPlan *director_plan_init(void *memory, const DirectorSource *sources, int n_sources,
                                 const DirectorSettings *settings, const DirectorEvent *events,
                                 size_t n_events, int64_t start_ms, int64_t end_ms);
/* Next decision in order; false at the end. Does the work as it goes. */
bool director_plan_next(DirectorPlan *plan, DirectorDecision *decision);
