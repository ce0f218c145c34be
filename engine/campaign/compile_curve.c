/*
 * campaign/compile_curve.c - shares become units, and long segments are cut.
 */
#include "campaign/compile.h"

#include <assert.h>

struct point_list {
    struct curve_point *out;
    uint32_t count;
};

static void add_point(struct point_list *list, struct curve_point point)
{
    assert(list->count < CURVE_MAX);
    list->out[list->count++] = point;
}

/* The k-th of `pieces` points of the way; the last one is `to` itself. Below 2^26 s * 2^31 units: no
 * overflow. */
static struct curve_point
point_between(struct curve_point from, struct curve_point to, int64_t k, int64_t pieces)
{
    int64_t seconds = to.at_s - from.at_s;
    int64_t passed = seconds * k / pieces;

    return (struct curve_point){from.at_s + passed, from.units + (to.units - from.units) * passed / seconds};
}

static bool pieces_fit(struct curve_point from, struct curve_point to, int64_t pieces)
{
    struct curve_point before = from;

    for (int64_t k = 1; k <= pieces; k++) {
        struct curve_point point = point_between(from, to, k, pieces);

        if ((point.at_s - before.at_s) * (point.units - before.units) >= CURVE_PRODUCT_MAX) {
            return false;
        }
        before = point;
    }
    return true;
}

static void add_segment(struct point_list *list, struct curve_point from, struct curve_point to)
{
    int64_t pieces = 1;

    while (!pieces_fit(from, to, pieces)) {
        pieces++;
    }
    for (int64_t k = 1; k <= pieces; k++) {
        add_point(list, point_between(from, to, k, pieces));
    }
}

uint32_t compile_curve(const struct document_prize *prize, int64_t start_ms, struct curve_point *out)
{
    struct point_list list = {out, 0};

    for (size_t i = 0; i < prize->curve_count; i++) {
        const struct document_point *from = &prize->curve[i];
        struct curve_point point = {from->at_ms / 1000, prize->units * from->share / NANO};

        if (i == 0 && from->at_ms > start_ms) {
            add_point(&list, (struct curve_point){start_ms / 1000, 0});
        }
        if (list.count == 0) {
            add_point(&list, point);
        } else {
            add_segment(&list, list.out[list.count - 1], point);
        }
    }
    return list.count;
}
