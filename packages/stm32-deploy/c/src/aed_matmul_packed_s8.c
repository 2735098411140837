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

/* A register for each sum, four values and two pointers are all that there are: where the compiler keeps one back, plain C. */
#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__)

#define HALF                               \
    "ldrd %[x], %[y], [%[in]], #8\n\t"     \
    "ldrd %[v], %[w], [%[weights]], #8\n\t" \
    "smlad %[x01], %[v], %[x], %[x01]\n\t" \
    "smlad %[y01], %[v], %[y], %[y01]\n\t" \
    "sxtb16 %[v], %[v]\n\t"                \
    "smlad %[x23], %[w], %[x], %[x23]\n\t" \
    "smlad %[y23], %[w], %[y], %[y23]\n\t" \
    "sxtb16 %[w], %[w]\n\t"                \
    "smlad %[x0], %[v], %[x], %[x0]\n\t"   \
    "smlad %[y0], %[v], %[y], %[y0]\n\t"   \
    "smlad %[x2], %[w], %[x], %[x2]\n\t"   \
    "smlad %[y2], %[w], %[y], %[y2]\n\t"

/* Blocks by ones up to `odd`, then by fours up to `end`. */
static inline void add_blocks(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    const int16_t *const odd = in + (blocks % 4) * VALUES;
    const int16_t *const end = in + blocks * VALUES;
    int32_t x0 = sums->x0, x01 = sums->x01, x2 = sums->x2, x23 = sums->x23;
    int32_t y0 = sums->y0, y01 = sums->y01, y2 = sums->y2, y23 = sums->y23;
    int32_t x, y, v, w;

    __asm volatile("b 2f\n"
                   "1:\n\t" HALF HALF
                   "2:\n\t"
                   "ldr %[x], %[odd]\n\t"
                   "cmp %[in], %[x]\n\t"
                   "bne 1b\n\t"
                   "b 4f\n"
                   "3:\n\t" HALF HALF HALF HALF HALF HALF HALF HALF
                   "4:\n\t"
                   "ldr %[x], %[end]\n\t"
                   "cmp %[in], %[x]\n\t"
                   "bne 3b\n\t"
                   : [x0] "+r"(x0), [x01] "+r"(x01), [x2] "+r"(x2), [x23] "+r"(x23), [y0] "+r"(y0), [y01] "+r"(y01),
                     [y2] "+r"(y2), [y23] "+r"(y23), [in] "+r"(in), [weights] "+r"(weights), [x] "=&r"(x), [y] "=&r"(y),
                     [v] "=&r"(v), [w] "=&r"(w)
                   : [odd] "m"(odd), [end] "m"(end)
                   : "cc", "memory");
    *sums = (block_sums){ x0, x01, x2, x23, y0, y01, y2, y23 };
}

/*
 * twice = 2 * sum of both columns, brought to int8. In aed_scale the second rounding takes one off where the first one's result
 * is negative; taking it off where the sum is negative differs for sums that the first rounds to 0 only, which stay 0.
 */
static inline void requantize(int32_t twice0, int32_t twice1, int32_t multiplier, int32_t shift, const aed_range *range, int8_t *out0,
                              int8_t *out1)
{
    const int32_t offset = (2 * range->zero_point + 1) * ((int32_t)1 << (-shift - 1));
    int32_t value0;
    int32_t value1;

    __asm("smmlar %0, %1, %2, %3" : "=r"(value0) : "r"(twice0), "r"(multiplier), "r"(offset));
    __asm("smmlar %0, %1, %2, %3" : "=r"(value1) : "r"(twice1), "r"(multiplier), "r"(offset));
    *out0 = aed_clamp((value0 + (twice0 >> 31)) >> -shift, range);
    *out1 = aed_clamp((value1 + (twice1 >> 31)) >> -shift, range);
}

#else

static int32_t dual(int32_t word, const int16_t *values, int32_t sum)
{
    const uint32_t lanes = (uint32_t)word;

    return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)(lanes & 0xffffu) * values[0]) + (uint32_t)((int16_t)(lanes >> 16) * values[1]));
}

static int32_t low_bytes(int32_t word)
{
    const uint32_t lanes = (uint32_t)word;

    return (int32_t)(((uint32_t)(int8_t)(lanes & 0xffu) & 0xffffu) | (uint32_t)(int8_t)((lanes >> 16) & 0xffu) << 16);
}

static void add_blocks(const int16_t *in, const int32_t *weights, int32_t blocks, block_sums *sums)
{
    for (int32_t half = 0; half < 2 * blocks; ++half) {
        const int32_t v = weights[0];
        const int32_t w = weights[1];

        sums->x01 = dual(v, in, sums->x01);
        sums->y01 = dual(v, in + 2, sums->y01);
        sums->x23 = dual(w, in, sums->x23);
        sums->y23 = dual(w, in + 2, sums->y23);
        sums->x0 = dual(low_bytes(v), in, sums->x0);
        sums->y0 = dual(low_bytes(v), in + 2, sums->y0);
        sums->x2 = dual(low_bytes(w), in, sums->x2);
        sums->y2 = dual(low_bytes(w), in + 2, sums->y2);
        in += 4;
        weights += 2;
    }
}

static void requantize(int32_t twice0, int32_t twice1, int32_t multiplier, int32_t shift, const aed_range *range, int8_t *out0,
                       int8_t *out1)
{
    *out0 = aed_clamp(aed_scale(twice0 >> 1, multiplier, shift) + range->zero_point, range);
    *out1 = aed_clamp(aed_scale(twice1 >> 1, multiplier, shift) + range->zero_point, range);
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

void aed_matmul_packed_s8(const int16_t *in, int32_t blocks, const int32_t *weights, const int32_t *bias,
                          const int32_t *multiplier, const int8_t *shift, int32_t channels, const aed_range *range,
                          int8_t *out0, int8_t *out1)
{
    const aed_range limits = *range;

    for (int32_t c = 0; c < channels; c += 4) {
        block_sums sums = { bias[0], both(bias), bias[2], both(bias + 2), bias[0], both(bias), bias[2], both(bias + 2) };

        add_blocks(in, weights, blocks, &sums);
        /* Column 1 first: where it is column 0's place, column 0 stays. */
        requantize(2 * sums.y0, 2 * sums.x0, multiplier[0], shift[0], &limits, out1, out0);
        requantize(twice_odd(sums.y01, sums.y0), twice_odd(sums.x01, sums.x0), multiplier[1], shift[1], &limits, out1 + 1, out0 + 1);
        requantize(2 * sums.y2, 2 * sums.x2, multiplier[2], shift[2], &limits, out1 + 2, out0 + 2);
        requantize(twice_odd(sums.y23, sums.y2), twice_odd(sums.x23, sums.x2), multiplier[3], shift[3], &limits, out1 + 3, out0 + 3);
        out0 += 4;
        out1 += 4;
        weights += blocks * WORDS;
        bias += 4;
        multiplier += 4;
        shift += 4;
    }
}
