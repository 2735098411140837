#include "aed_dsp.h"
#include "aed_kernels.h"

/*
 * Weights: for each four channels c, for each four depths k, four words of two 16-bit lanes
 *     { c0 c1 of k0, c0 c1 of k2 }, { c2 c3 of k0, c2 c3 of k2 }, { c0 c1 of k1, c0 c1 of k3 }, { c2 c3 of k1, c2 c3 of k3 }.
 * A lane is the number even + 256 * odd: its low byte is `even`, its high byte `odd` less the borrow of a negative `even`.
 * One dual multiply-accumulate of it gives the sum of `even` plus 256 times that of `odd`, so that two channels share a load and
 * an instruction.
 */
#define WORDS 4

/* Values of a block of columns: lanes { x of k0, x of k2 }, { y of k0, y of k2 }, { x of k1, x of k3 }, { y of k1, y of k3 }. */
#define VALUES 8

/* Sums of channels 0 and 2, and of these plus 256 times those of channels 1 and 3, for columns x and y. */
typedef struct {
    int32_t x0, x01, x2, x23;
    int32_t y0, y01, y2, y23;
} block_sums;

#if defined(AED_ALL_REGISTERS)

#define HALF_PAIR                           \
    "ldrd %[x], %[y], [%[in]], #8\n\t"      \
    "ldrd %[v], %[w], [%[weights]], #8\n\t" \
    "smlad %[x01], %[v], %[x], %[x01]\n\t"  \
    "smlad %[y01], %[v], %[y], %[y01]\n\t"  \
    "sxtb16 %[v], %[v]\n\t"                 \
    "smlad %[x23], %[w], %[x], %[x23]\n\t"  \
    "smlad %[y23], %[w], %[y], %[y23]\n\t"  \
    "sxtb16 %[w], %[w]\n\t"                 \
    "smlad %[x0], %[v], %[x], %[x0]\n\t"    \
    "smlad %[y0], %[v], %[y], %[y0]\n\t"    \
    "smlad %[x2], %[w], %[x], %[x2]\n\t"    \
    "smlad %[y2], %[w], %[y], %[y2]\n\t"

#define HALF_SINGLE                         \
    "ldr %[x], [%[in]], #8\n\t"             \
    "ldrd %[v], %[w], [%[weights]], #8\n\t" \
    "smlad %[x01], %[v], %[x], %[x01]\n\t"  \
    "sxtb16 %[v], %[v]\n\t"                 \
    "smlad %[x23], %[w], %[x], %[x23]\n\t"  \
    "sxtb16 %[w], %[w]\n\t"                 \
    "smlad %[x0], %[v], %[x], %[x0]\n\t"    \
    "smlad %[x2], %[w], %[x], %[x2]\n\t"

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

static inline void add_pair(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x01 = sums->x01, x2 = sums->x2, x23 = sums->x23;
    int32_t y0 = sums->y0, y01 = sums->y01, y2 = sums->y2, y23 = sums->y23;
    int32_t x, y, v, w;

    __asm volatile(LOOPS(HALF_PAIR)
                   : [x0] "+r"(x0), [x01] "+r"(x01), [x2] "+r"(x2), [x23] "+r"(x23), [y0] "+r"(y0), [y01] "+r"(y01),
                     [y2] "+r"(y2), [y23] "+r"(y23), [in] "+r"(in), [weights] "+r"(weights), [x] "=&r"(x), [y] "=&r"(y),
                     [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (block_sums){ x0, x01, x2, x23, y0, y01, y2, y23 };
}

static inline void add_single(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x01 = sums->x01, x2 = sums->x2, x23 = sums->x23;
    int32_t x, v, w;

    __asm volatile(LOOPS(HALF_SINGLE)
                   : [x0] "+r"(x0), [x01] "+r"(x01), [x2] "+r"(x2), [x23] "+r"(x23), [in] "+r"(in), [weights] "+r"(weights),
                     [x] "=&r"(x), [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    sums->x0 = x0;
    sums->x01 = x01;
    sums->x2 = x2;
    sums->x23 = x23;
}

#else

static int32_t low_bytes(int32_t word)
{
    const uint32_t lanes = (uint32_t)word;

    return (int32_t)(((uint32_t)(int8_t)(lanes & 0xffu) & 0xffffu) | (uint32_t)(int8_t)((lanes >> 16) & 0xffu) << 16);
}

static void add_single(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    for (int32_t half = 0; half < 2 * blocks; ++half) {
        const int32_t v = weights[0];
        const int32_t w = weights[1];

        sums->x01 = aed_dual(v, in, sums->x01);
        sums->x23 = aed_dual(w, in, sums->x23);
        sums->x0 = aed_dual(low_bytes(v), in, sums->x0);
        sums->x2 = aed_dual(low_bytes(w), in, sums->x2);
        in += 4;
        weights += 2;
    }
}

static void add_pair(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    block_sums second = { sums->y0, sums->y01, sums->y2, sums->y23, 0, 0, 0, 0 };

    add_single(in, weights, blocks, sums);
    add_single(in + 2, weights, blocks, &second);
    sums->y0 = second.x0;
    sums->y01 = second.x01;
    sums->y2 = second.x2;
    sums->y23 = second.x23;
}

#endif

/* Twice the sum of an odd channel. */
static inline int32_t twice_odd(int32_t both, int32_t even)
{
    return (int32_t)((uint32_t)both - (uint32_t)even) >> 7;
}

static inline int32_t both(const int32_t *bias)
{
    return (int32_t)((uint32_t)bias[0] + 256u * (uint32_t)bias[1]);
}

void aed_matmul_packed_s8(const aed_packed_sums *packed, const int16_t *columns, int32_t count, int8_t *out)
{
    const int32_t blocks = packed->blocks;
    const int32_t channels = packed->channels;
    const int32_t zero_point = packed->zero_point;
    const int32_t *weights = packed->weights;

    for (int32_t c = 0; c < channels; c += 4) {
        const aed_factors *factors = packed->factors + c / 4;
        const int32_t *bias = factors->bias;
        const int16_t *in = columns;
        int8_t *to = out + c;
        int32_t left = count;

        for (; left > 1; left -= 2) {
            const int32_t b01 = both(bias);
            const int32_t b23 = both(bias + 2);
            block_sums s = { bias[0], b01, bias[2], b23, bias[0], b01, bias[2], b23 };

            add_pair(in, weights, blocks, &s);

            const aed_twice twice = { { 2 * s.x0, twice_odd(s.x01, s.x0), 2 * s.x2, twice_odd(s.x23, s.x2) },
                                      { 2 * s.y0, twice_odd(s.y01, s.y0), 2 * s.y2, twice_odd(s.y23, s.y2) } };

            aed_store_xy(&twice, factors, zero_point, to, to + channels);
            in += blocks * VALUES;
            to += 2 * channels;
        }
        if (left > 0) {
            block_sums s = { bias[0], both(bias), bias[2], both(bias + 2), 0, 0, 0, 0 };

            add_single(in, weights, blocks, &s);

            const aed_twice twice = { { 2 * s.x0, twice_odd(s.x01, s.x0), 2 * s.x2, twice_odd(s.x23, s.x2) }, { 0, 0, 0, 0 } };

            aed_store_x(&twice, factors, zero_point, to);
        }
        weights += packed->stride;
    }
}
