/* Shot lists as a tree of cuts: every state of the dynamic programming holds its last cut, every cut
 * the one before. A cut that all states share can be settled; one that none holds is free again. */
#include "plan-private.h"

void plan_paths_init(PlanPaths *paths, void *memory, uint16_t n_nodes)
{
    *paths = (PlanPaths){.nodes = memory, .n_nodes = n_nodes, .n_free = n_nodes};
    for (uint16_t i = 0; i < n_nodes; i++)
        paths->nodes[i] = (PlanNode){.parent = (uint16_t)(i + 1)};
    paths->nodes[n_nodes - 1].parent = PLAN_NOBODY;
    PlanNode root = {.step = -1, .parent = PLAN_NOBODY, .source = DIRECTOR_NONE};
    paths->root = plan_paths_add(paths, &root);
}

/* The new node is held once, by the caller. There must be a free one. */
uint16_t plan_paths_add(PlanPaths *paths, const PlanNode *node)
{
    uint16_t index = paths->free;
    paths->free = paths->nodes[index].parent;
    paths->n_free--;
    paths->nodes[index] = *node;
    paths->nodes[index].refs = 1;
    if (node->parent != PLAN_NOBODY)
        paths->nodes[node->parent].refs++;
    return index;
}

void plan_paths_ref(PlanPaths *paths, uint16_t node)
{
    paths->nodes[node].refs++;
}

void plan_paths_unref(PlanPaths *paths, uint16_t node)
{
    while (node != PLAN_NOBODY && --paths->nodes[node].refs == 0) {
        uint16_t parent = paths->nodes[node].parent;
        paths->nodes[node].parent = paths->free;
        paths->free = node;
        paths->n_free++;
        node = parent;
    }
}

uint16_t plan_paths_first(const PlanPaths *paths, uint16_t node)
{
    uint16_t child = PLAN_NOBODY;
    while (node != paths->root) {
        child = node;
        node = paths->nodes[node].parent;
    }
    return child;
}

void plan_paths_settle(PlanPaths *paths, uint16_t child)
{
    uint16_t root = paths->root;
    plan_paths_ref(paths, child);
    paths->nodes[child].parent = PLAN_NOBODY;
    paths->nodes[root].refs--;
    paths->root = child;
    plan_paths_unref(paths, root);
}
