/*
 * lottery/split.c - the tree of cuts.
 *
 * A node is (first unit, count n, sum T). Its left half has l = n / 2 units and gets x fen, the right half
 * the rest:
 *
 *   feasible  low  = max(l * min, T - (n - l) * max)      high = min(l * max, T - (n - l) * min)
 *   mean      m    = floor(T * l / n)                     always feasible
 *   slack     H    = min(T - n * min, n * max - T)
 *   spread    w    = floor(H * 1024 / isqrt(n * 2^21))    about H / sqrt(2n)
 *   x uniform in [max(low, m - w), min(high, m + w + 1)]
 *
 * H / n is how far a unit of mean size may go both ways, so w is that times sqrt(n / 2): a sum of n / 2
 * independent units would vary so. Large subtrees stay near their mean and shards lease about equal money,
 * while for n = 2 the interval is the whole feasible range. The + 1 gives the odd fen a choice of sides.
 *
 * 16 bytes of HMAC choose among fewer than 2^54 values: the bias is below 2^-74.
 */
#include "lottery/split.h"

#include "lottery/message.h"

#include <assert.h>

struct node {
    int64_t first, count, sum_fen;
};

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static uint64_t root_of(uint64_t value)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
        const uint64_t next = root | bit;

        if (next * next <= value) {
            root = next;
        }
    }
    return root;
}

static int64_t node_spread_fen(const struct split *split, const struct node *node)
{
    const int64_t slack =
        min_i64(node->sum_fen - node->count * split->min_fen, node->count * split->max_fen - node->sum_fen);

    return (int64_t)((uint64_t)slack * 1024 / root_of((uint64_t)node->count << 21));
}

static uint64_t node_choice(const struct split *split, const struct node *node, uint64_t size)
{
    struct message message;
    uint8_t bytes[32];

    message_start(&message, "split", split->campaign, split->prize);
    message_add_u32(&message, (uint32_t)node->first);
    message_add_u32(&message, (uint32_t)node->count);
    message_hmac(&message, split->seed, bytes);
    return uniform_below(bytes, 16, size);
}

/* What the left half gets. */
static int64_t node_cut_fen(const struct split *split, const struct node *node)
{
    const int64_t n = node->count, sum = node->sum_fen;
    const int64_t left = n / 2, right = n - left;
    const int64_t low = max_i64(left * split->min_fen, sum - right * split->max_fen);
    const int64_t high = min_i64(left * split->max_fen, sum - right * split->min_fen);
    const int64_t mean = sum / n * left + sum % n * left / n; /* sum * left would overflow */
    const int64_t spread = node_spread_fen(split, node);
    const int64_t from = max_i64(low, mean - spread), to = min_i64(high, mean + spread + 1);

    assert(low <= mean && mean <= high);
    return from == to ? from : from + (int64_t)node_choice(split, node, (uint64_t)(to - from) + 1);
}

static struct node node_root(const struct split *split)
{
    assert(split->units > 0 && split->units <= UINT32_MAX / 2 && split->min_fen >= 0);
    assert(split->total_fen < INT64_C(1) << 53 && split->max_fen < INT64_C(1) << 32);
    assert(split->units * split->min_fen <= split->total_fen);
    assert(split->total_fen <= split->units * split->max_fen);
    return (struct node){.first = 0, .count = split->units, .sum_fen = split->total_fen};
}

static struct node node_left(const struct node *node, int64_t cut_fen)
{
    return (struct node){.first = node->first, .count = node->count / 2, .sum_fen = cut_fen};
}

static struct node node_right(const struct node *node, int64_t cut_fen)
{
    const int64_t left = node->count / 2;

    return (struct node){
        .first = node->first + left, .count = node->count - left, .sum_fen = node->sum_fen - cut_fen};
}

int64_t split_amount_fen(const struct split *split, int64_t unit)
{
    struct node node = node_root(split);

    assert(unit >= 0 && unit < split->units);
    while (node.count > 1) {
        const int64_t cut = node_cut_fen(split, &node);

        node = unit < node.first + node.count / 2 ? node_left(&node, cut) : node_right(&node, cut);
    }
    return node.sum_fen;
}

/* The sum of the units before `end`. */
static int64_t split_prefix_fen(const struct split *split, int64_t end)
{
    struct node node = node_root(split);
    int64_t before_fen = 0;

    while (end > node.first && end < node.first + node.count) {
        const int64_t cut = node_cut_fen(split, &node);

        if (end <= node.first + node.count / 2) {
            node = node_left(&node, cut);
        } else {
            before_fen += cut;
            node = node_right(&node, cut);
        }
    }
    return end <= node.first ? before_fen : before_fen + node.sum_fen;
}

int64_t split_range_fen(const struct split *split, int64_t from, int64_t to)
{
    assert(from >= 0 && from <= to && to <= split->units);
    return split_prefix_fen(split, to) - split_prefix_fen(split, from);
}
