#include "aed_dsp.h"
#include "aed_kernels.h"

/*
 * F(2,3) along the row: two neighbouring outputs of a filter row g0 g1 g2 on inputs d0 d1 d2 d3 from four products,
 *     m1 = (d1 + d2) (g0 + g1 + g2),  m2 = (d2 - d1) (g0 - g1 + g2),  m0 = (d0 - d2) 2 g0,  m3 = (d1 - d3) (-2 g2),
 *     twice the first output = m1 + m2 + m0,  twice the second = m1 - m2 + m3,
 * in integers, hence exactly. The sums over filter rows and channels are taken before the outputs are, product by product in the
 * order above, in which the transformed filters lie.
 */
#define PRODUCTS 4

/* int16 of four depths of four channels: for depths { k0, k2 } and { k1, k3 } one word of two lanes for each channel. */
#define BLOCK 16
/* Values of a block of a pair of tiles, as aed_matmul_packed_s8 has columns. */
#define VALUES 8

typedef struct {
    int32_t x0, x1, x2, x3;
    int32_t y0, y1, y2, y3;
} tile_sums;

#if defined(AED_ALL_REGISTERS)

#define HALF_PAIR                           \
    "ldrd %[x], %[y], [%[in]], #8\n\t"      \
    "ldrd %[v], %[w], [%[filter]], #8\n\t"  \
    "smlad %[x0], %[v], %[x], %[x0]\n\t"    \
    "smlad %[y0], %[v], %[y], %[y0]\n\t"    \
    "smlad %[x1], %[w], %[x], %[x1]\n\t"    \
    "smlad %[y1], %[w], %[y], %[y1]\n\t"    \
    "ldrd %[v], %[w], [%[filter]], #8\n\t"  \
    "smlad %[x2], %[v], %[x], %[x2]\n\t"    \
    "smlad %[y2], %[v], %[y], %[y2]\n\t"    \
    "smlad %[x3], %[w], %[x], %[x3]\n\t"    \
    "smlad %[y3], %[w], %[y], %[y3]\n\t"

#define HALF_SINGLE                         \
    "ldr %[x], [%[in]], #8\n\t"             \
    "ldrd %[v], %[w], [%[filter]], #8\n\t"  \
    "smlad %[x0], %[v], %[x], %[x0]\n\t"    \
    "smlad %[x1], %[w], %[x], %[x1]\n\t"    \
    "ldrd %[v], %[w], [%[filter]], #8\n\t"  \
    "smlad %[x2], %[v], %[x], %[x2]\n\t"    \
    "smlad %[x3], %[w], %[x], %[x3]\n\t"

/* Blocks by ones up to `odd`, then by fours up to `end`. */
#define LOOPS(HALF)          \
    "b 2f\n"                 \
    "1:\n\t" HALF HALF       \
    "2:\n\t"                 \
    "ldr %[x], %[odd]\n\t"   \
    "cmp %[in], %[x]\n\t"    \
    "bne 1b\n\t"             \
    "b 4f\n"                 \
    "3:\n\t" HALF HALF HALF HALF HALF HALF HALF HALF \
    "4:\n\t"                 \
    "ldr %[x], %[end]\n\t"   \
    "cmp %[in], %[x]\n\t"    \
    "bne 3b\n\t"

static inline void add_pair(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x1 = sums->x1, x2 = sums->x2, x3 = sums->x3;
    int32_t y0 = sums->y0, y1 = sums->y1, y2 = sums->y2, y3 = sums->y3;
    int32_t x, y, v, w;

    __asm volatile(LOOPS(HALF_PAIR)
                   : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [y0] "+r"(y0), [y1] "+r"(y1), [y2] "+r"(y2),
                     [y3] "+r"(y3), [in] "+r"(in), [filter] "+r"(filter), [x] "=&r"(x), [y] "=&r"(y), [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (tile_sums){ x0, x1, x2, x3, y0, y1, y2, y3 };
}

static inline void add_single(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x1 = sums->x1, x2 = sums->x2, x3 = sums->x3;
    int32_t x, v, w;

    __asm volatile(LOOPS(HALF_SINGLE)
                   : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [in] "+r"(in), [filter] "+r"(filter), [x] "=&r"(x),
                     [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (tile_sums){ x0, x1, x2, x3, 0, 0, 0, 0 };
}

#else

static void add_single(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    for (int32_t half = 0; half < 2 * blocks; ++half) {
        sums->x0 = aed_dual(filter[0], in, sums->x0);
        sums->x1 = aed_dual(filter[1], in, sums->x1);
        sums->x2 = aed_dual(filter[2], in, sums->x2);
        sums->x3 = aed_dual(filter[3], in, sums->x3);
        in += 4;
        filter += 4;
    }
}

static void add_pair(const int16_t *in, const int32_t *filter, int32_t blocks, tile_sums *sums)
{
    tile_sums second = { sums->y0, sums->y1, sums->y2, sums->y3, 0, 0, 0, 0 };

    add_single(in, filter, blocks, sums);
    add_single(in + 2, filter, blocks, &second);
    sums->y0 = second.x0;
    sums->y1 = second.x1;
    sums->y2 = second.x2;
    sums->y3 = second.x3;
}

#endif

/* Four neighbouring pixels: those outside the input repeat one word that stands for zero. */
typedef struct {
    const int8_t *pixel[4];
    int32_t step[4];
} tile_row;

static inline int32_t next_four(const int8_t **from, int32_t step, int32_t offset, int32_t *odd)
{
    int32_t bytes;

    memcpy(&bytes, *from, sizeof bytes);
    *from += step;
    *odd = aed_widen_odd(bytes, offset);
    return aed_widen_even(bytes, offset);
}

/* Stores the four sums and differences of two lanes, `product` values apart. */
static inline void store_products(int16_t *to, int32_t product, int32_t d0, int32_t d1, int32_t d2, int32_t d3)
{
    aed_store_lanes(to, aed_add_lanes(d1, d2));
    aed_store_lanes(to + product, aed_subtract_lanes(d2, d1));
    aed_store_lanes(to + 2 * product, aed_subtract_lanes(d0, d2));
    aed_store_lanes(to + 3 * product, aed_subtract_lanes(d1, d3));
}

/* Transforms one row of a tile: `fours` times four channels. */
static void transform_row(tile_row *row, int32_t fours, int32_t offset, int16_t *to, int32_t product)
{
    const int8_t *p0 = row->pixel[0];
    const int8_t *p1 = row->pixel[1];
    const int8_t *p2 = row->pixel[2];
    const int8_t *p3 = row->pixel[3];

    for (int32_t i = 0; i < fours; ++i) {
        int32_t odd0, odd1, odd2, odd3;
        const int32_t even0 = next_four(&p0, row->step[0], offset, &odd0);
        const int32_t even1 = next_four(&p1, row->step[1], offset, &odd1);
        const int32_t even2 = next_four(&p2, row->step[2], offset, &odd2);
        const int32_t even3 = next_four(&p3, row->step[3], offset, &odd3);

        store_products(to, product, even0, even1, even2, even3);
        store_products(to + 4, product, odd0, odd1, odd2, odd3);
        to += VALUES;
    }
}

/* Transforms the tile of outputs x and x + 1 into one of the two tiles of a pair. */
static void transform(const aed_conv_winograd_s8_params *params, const int8_t *in, int32_t top, aed_filter_rows rows, int32_t x, int16_t *to)
{
    const int32_t channels = params->in.channels;
    const int32_t left = x - params->window.pad_left;
    const int8_t zero[4] = { (int8_t)params->in_zero_point, (int8_t)params->in_zero_point, (int8_t)params->in_zero_point, (int8_t)params->in_zero_point };
    const int32_t offset = aed_both_lanes(-params->in_zero_point);
    const int32_t fours = channels / 4;

    for (int32_t ky = 0; ky < rows.count; ++ky) {
        const int8_t *line = in + aed_row_offset(&params->in, top + (rows.first + ky) * params->window.dilation_height);
        tile_row row;

        for (int32_t i = 0; i < 4; ++i) {
            const int inside = left + i >= 0 && left + i < params->in.width;

            row.pixel[i] = inside ? line + (left + i) * channels : zero;
            row.step[i] = inside ? 4 : 0;
        }
        transform_row(&row, fours, offset, to, rows.count * fours * VALUES);
        to += fours * VALUES;
    }
}

/* What four channels of a call need. */
typedef struct {
    const int32_t *filter;
    const aed_factors *factors;
    int32_t zero_point;
    int32_t blocks; /* of a product, of the filter rows in use */
    int32_t stride; /* words from product to product */
    int32_t channels;
} quad;

static inline int32_t plus_twice(int32_t sum, int32_t value)
{
    return (int32_t)((uint32_t)sum + 2u * (uint32_t)value);
}

/* The bias, for both tiles. */
static inline void add_bias(tile_sums *s, const int32_t *bias)
{
    s->x0 = plus_twice(s->x0, bias[0]);
    s->x1 = plus_twice(s->x1, bias[1]);
    s->x2 = plus_twice(s->x2, bias[2]);
    s->x3 = plus_twice(s->x3, bias[3]);
    s->y0 = plus_twice(s->y0, bias[0]);
    s->y1 = plus_twice(s->y1, bias[1]);
    s->y2 = plus_twice(s->y2, bias[2]);
    s->y3 = plus_twice(s->y3, bias[3]);
}

/* m1 - m2 from m1 and m1 + m2. */
static inline int32_t difference(int32_t first, int32_t both)
{
    return (int32_t)(2u * (uint32_t)first - (uint32_t)both);
}

static inline tile_sums differences(const tile_sums *m1, const tile_sums *both)
{
    const tile_sums s = { difference(m1->x0, both->x0), difference(m1->x1, both->x1), difference(m1->x2, both->x2), difference(m1->x3, both->x3),
                          difference(m1->y0, both->y0), difference(m1->y1, both->y1), difference(m1->y2, both->y2), difference(m1->y3, both->y3) };

    return s;
}

static inline aed_twice twice_of(const tile_sums *s)
{
    const aed_twice twice = { { s->x0, s->x1, s->x2, s->x3 }, { s->y0, s->y1, s->y2, s->y3 } };

    return twice;
}

/* Outputs x to x + 2 and, with `four`, x + 3: two tiles. */
AED_APART static void pair(const quad *q, const int16_t *in, int four, int8_t *to)
{
    const int32_t values = q->blocks * VALUES;
    const int32_t *bias = q->factors->bias;
    tile_sums s = { 0, 0, 0, 0, 0, 0, 0, 0 };

    add_pair(in, q->filter, q->blocks, &s);

    const tile_sums m1 = s;

    add_pair(in + values, q->filter + q->stride, q->blocks, &s);

    const tile_sums both = s;

    add_pair(in + 2 * values, q->filter + 2 * q->stride, q->blocks, &s);
    add_bias(&s, bias);

    const aed_twice first = twice_of(&s);

    aed_store_xy(&first, q->factors, q->zero_point, to, to + 2 * q->channels);
    s = differences(&m1, &both);
    add_bias(&s, bias);
    add_pair(in + 3 * values, q->filter + 3 * q->stride, q->blocks, &s);

    const aed_twice second = twice_of(&s);

    to += q->channels;
    if (four) {
        aed_store_xy(&second, q->factors, q->zero_point, to, to + 2 * q->channels);
    } else {
        aed_store_x(&second, q->factors, q->zero_point, to);
    }
}

/* Outputs x and, with `two`, x + 1: one tile. */
static void single(const quad *q, const int16_t *in, int two, int8_t *to)
{
    const int32_t values = q->blocks * VALUES;
    const int32_t *bias = q->factors->bias;
    tile_sums s = { 0, 0, 0, 0, 0, 0, 0, 0 };

    add_single(in, q->filter, q->blocks, &s);

    const tile_sums m1 = s;

    add_single(in + values, q->filter + q->stride, q->blocks, &s);

    const tile_sums both = s;

    add_single(in + 2 * values, q->filter + 2 * q->stride, q->blocks, &s);
    add_bias(&s, bias);

    const aed_twice first = twice_of(&s);

    aed_store_x(&first, q->factors, q->zero_point, to);
    if (two) {
        s = differences(&m1, &both);
        add_bias(&s, bias);
        add_single(in + 3 * values, q->filter + 3 * q->stride, q->blocks, &s);

        const aed_twice second = twice_of(&s);

        aed_store_x(&second, q->factors, q->zero_point, to + q->channels);
    }
}

void aed_conv_winograd_s8(const aed_conv_winograd_s8_params *params, const int32_t *weights, const int32_t *factors, const int8_t *in,
                          int8_t *out, int16_t *tiles, int32_t index)
{
    const aed_window *window = &params->window;
    const int32_t top = index * window->stride_height - window->pad_top;
    const aed_filter_rows rows = aed_rows_inside(window, params->in.height, top);
    const int32_t fours = params->in.channels / 4;
    const int32_t width = params->out.width;
    const int32_t product = window->filter_height * fours * (BLOCK / 2);
    int8_t *to = out + aed_row_offset(&params->out, index);

    /* `columns` outputs at once, which are half as many tiles. */
    for (int32_t x = 0; x < width; x += params->columns) {
        const int32_t count = aed_min(params->columns, width - x);
        const int32_t room = PRODUCTS * rows.count * fours * VALUES;

        for (int32_t i = 0; i < count; i += 2) {
            transform(params, in, top, rows, x + i, tiles + (i / 4) * room + (i / 2 % 2) * 2);
        }
        for (int32_t c = 0; c < params->out.channels; c += 4) {
            const quad q = { weights + c / 4 * PRODUCTS * product + rows.first * fours * (BLOCK / 2), aed_factors_of(factors) + c / 4,
                             params->range.zero_point, rows.count * fours, product, params->out.channels };
            for (int32_t i = 0; i < count; i += 4) {
                const int16_t *from = tiles + i / 4 * room;
                int8_t *first = to + (x + i) * q.channels + c;

                if (count - i > 2) {
                    pair(&q, from, count - i > 3, first);
                } else {
                    single(&q, from, count - i > 1, first);
                }
            }
        }
    }
    aed_limit(to, aed_row_size(&params->out), &params->range);
}
