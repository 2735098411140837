/* Steps that the fast kernels share: with the DSP instructions of Armv7E-M and Armv8-M, and the same values in plain C. */
#ifndef AED_DSP_H
#define AED_DSP_H

#include <string.h>

#include "aed_kernels.h"

#if defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>
#endif

/*
 * Loops that need all fourteen registers are in assembly where the compiler keeps none back; elsewhere in plain C. Define
 * AED_NO_ASSEMBLY where your flags do keep one: -ffixed-r9, -msingle-pic-base, -finstrument-functions.
 */
#if defined(__ARM_FEATURE_DSP) && defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__) && !defined(AED_NO_ASSEMBLY)
#define AED_ALL_REGISTERS 1
/* A frame pointer would take one of them, whatever the compiler's flags say elsewhere. */
#pragma GCC optimize("omit-frame-pointer")
#endif

/* Keeps the registers of a function to itself. */
#if defined(__GNUC__)
#define AED_APART __attribute__((noinline))
#else
#define AED_APART
#endif

/* Twice the sums of four channels, for columns x and y. */
typedef struct {
    int32_t x[4];
    int32_t y[4];
} aed_twice;

#if defined(__ARM_FEATURE_DSP)

/*
 * Twice a sum brought to int8: times multiplier * 2^-(32 + shift), plus the zero point; shift is the right shift less one, 0 to 19.
 * In aed_scale the second rounding takes one off where the first one's result is negative; taking it off where the sum is
 * negative differs for sums that the first rounds to 0 only, which stay 0.
 */
static inline int8_t aed_requantize(int32_t twice, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    const int32_t offset = (int32_t)((uint32_t)(2 * zero_point + 1) << shift);
    int32_t value;

    __asm("smmlar %0, %1, %2, %3" : "=r"(value) : "r"(twice), "r"(multiplier), "r"(offset));
    value = (value + (twice >> 31)) >> shift;
    __asm("ssat %0, #8, %1, asr #1" : "=r"(value) : "r"(value));
    return (int8_t)value;
}

static inline int32_t aed_saturate(int32_t value)
{
    int32_t saturated;

    __asm("ssat %0, #8, %1" : "=r"(saturated) : "r"(value));
    return saturated;
}

/* Two 16-bit products added to a sum, which wraps. */
static inline int32_t aed_dual(int32_t word, const int16_t *values, int32_t sum)
{
    int32_t lanes;

    memcpy(&lanes, values, sizeof lanes);
    return (int32_t)__smlad((int16x2_t)word, (int16x2_t)lanes, sum);
}

static inline void aed_store_lanes(int16_t *to, int32_t lanes)
{
    memcpy(to, &lanes, sizeof lanes);
}

/* Bytes 0 and 2, or 1 and 3, as int16, plus the lanes of `offset`. */
static inline int32_t aed_widen_even(int32_t bytes, int32_t offset)
{
    int32_t lanes;

    __asm("sxtab16 %0, %1, %2" : "=r"(lanes) : "r"(offset), "r"(bytes));
    return lanes;
}

static inline int32_t aed_widen_odd(int32_t bytes, int32_t offset)
{
    int32_t lanes;

    __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(lanes) : "r"(offset), "r"(bytes));
    return lanes;
}

static inline int32_t aed_add_lanes(int32_t a, int32_t b)
{
    return (int32_t)__sadd16((int16x2_t)a, (int16x2_t)b);
}

static inline int32_t aed_subtract_lanes(int32_t a, int32_t b)
{
    return (int32_t)__ssub16((int16x2_t)a, (int16x2_t)b);
}

#else

static inline int8_t aed_requantize(int32_t twice, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    const int32_t value = aed_scale(twice >> 1, multiplier, -shift - 1) + zero_point;

    return (int8_t)aed_min(aed_max(value, -128), 127);
}

static inline int32_t aed_saturate(int32_t value)
{
    return aed_min(aed_max(value, -128), 127);
}

static inline int32_t aed_lanes(int32_t low, int32_t high)
{
    return (int32_t)(((uint32_t)low & 0xffffu) | (uint32_t)high << 16);
}

static inline int32_t aed_low(int32_t lanes)
{
    return (int16_t)(uint16_t)((uint32_t)lanes & 0xffffu);
}

static inline int32_t aed_high(int32_t lanes)
{
    return lanes >> 16;
}

static inline int32_t aed_dual(int32_t word, const int16_t *values, int32_t sum)
{
    return (int32_t)((uint32_t)sum + (uint32_t)(aed_low(word) * values[0]) + (uint32_t)(aed_high(word) * values[1]));
}

static inline void aed_store_lanes(int16_t *to, int32_t lanes)
{
    to[0] = (int16_t)aed_low(lanes);
    to[1] = (int16_t)aed_high(lanes);
}

static inline int32_t aed_widen_even(int32_t bytes, int32_t offset)
{
    int8_t values[4];

    memcpy(values, &bytes, sizeof values);
    return aed_lanes(values[0] + aed_low(offset), values[2] + aed_high(offset));
}

static inline int32_t aed_widen_odd(int32_t bytes, int32_t offset)
{
    int8_t values[4];

    memcpy(values, &bytes, sizeof values);
    return aed_lanes(values[1] + aed_low(offset), values[3] + aed_high(offset));
}

static inline int32_t aed_add_lanes(int32_t a, int32_t b)
{
    return aed_lanes(aed_low(a) + aed_low(b), aed_high(a) + aed_high(b));
}

static inline int32_t aed_subtract_lanes(int32_t a, int32_t b)
{
    return aed_lanes(aed_low(a) - aed_low(b), aed_high(a) - aed_high(b));
}

#endif

/* Brings the sums of column x to int8. */
static inline void aed_store_x(const aed_twice *twice, const aed_factors *factors, int32_t zero_point, int8_t *x)
{
    const uint32_t shifts = (uint32_t)factors->shifts;

    for (int32_t i = 0; i < 4; ++i) {
        x[i] = aed_requantize(twice->x[i], factors->multiplier[i], (int32_t)(shifts >> 8 * i & 0xffu), zero_point);
    }
}

#if defined(AED_ALL_REGISTERS)

/* The same operations as aed_requantize, on one channel of both columns; T holds the offset less the sign of x. */
#define AED_CHANNEL_OFFSET           \
    "ldr %[c], %[doubled]\n\t"       \
    "lsl %[c], %[c], %[k]\n\t"
#define AED_CHANNEL_STORE(SUM, OFFSET, TO, AT)              \
    "smmlar %[" SUM "], %[" SUM "], %[m], %[" OFFSET "]\n\t" \
    "asr %[" SUM "], %[" SUM "], %[k]\n\t"                  \
    "ssat %[" SUM "], #8, %[" SUM "], asr #1\n\t"           \
    "strb %[" SUM "], [%[" TO "], #" AT "]\n\t"
#define AED_CHANNEL(X, Y, MULTIPLIER, AT)                   \
    "ldr %[m], [%[multiplier], #" MULTIPLIER "]\n\t"        \
    AED_CHANNEL_OFFSET                                      \
    "add %[x0], %[c], %[" X "], asr #31\n\t"                \
    AED_CHANNEL_STORE(X, "x0", "x", AT)                     \
    "add %[c], %[c], %[" Y "], asr #31\n\t"                 \
    AED_CHANNEL_STORE(Y, "c", "y", AT)

/* Both columns: by hand, as eight sums leave the compiler too few registers. The first channel's x0 is a spare one afterwards. */
static inline void aed_store_xy(const aed_twice *twice, const aed_factors *factors, int32_t zero_point, int8_t *x, int8_t *y)
{
    const int32_t doubled = 2 * zero_point + 1;
    int32_t x0 = twice->x[0], x1 = twice->x[1], x2 = twice->x[2], x3 = twice->x[3];
    int32_t y0 = twice->y[0], y1 = twice->y[1], y2 = twice->y[2], y3 = twice->y[3];
    int32_t m, c, k;

    __asm volatile("ldr %[k], [%[multiplier], #16]\n\t"
                   "ldr %[m], [%[multiplier]]\n\t"
                   AED_CHANNEL_OFFSET
                   "add %[c], %[c], %[x0], asr #31\n\t"
                   AED_CHANNEL_STORE("x0", "c", "x", "0")
                   AED_CHANNEL_OFFSET
                   "add %[c], %[c], %[y0], asr #31\n\t"
                   AED_CHANNEL_STORE("y0", "c", "y", "0")
                   "lsr %[k], %[k], #8\n\t"
                   AED_CHANNEL("x1", "y1", "4", "1")
                   "lsr %[k], %[k], #8\n\t"
                   AED_CHANNEL("x2", "y2", "8", "2")
                   "lsr %[k], %[k], #8\n\t"
                   AED_CHANNEL("x3", "y3", "12", "3")
                   : [x0] "+r"(x0), [x1] "+r"(x1), [x2] "+r"(x2), [x3] "+r"(x3), [y0] "+r"(y0), [y1] "+r"(y1), [y2] "+r"(y2),
                     [y3] "+r"(y3), [m] "=&r"(m), [c] "=&r"(c), [k] "=&r"(k)
                   : [multiplier] "r"(factors->multiplier), [x] "r"(x), [y] "r"(y), [doubled] "m"(doubled)
                   : "memory");
}

#else

static inline void aed_store_xy(const aed_twice *twice, const aed_factors *factors, int32_t zero_point, int8_t *x, int8_t *y)
{
    const aed_twice second = { { twice->y[0], twice->y[1], twice->y[2], twice->y[3] }, { 0, 0, 0, 0 } };

    aed_store_x(twice, factors, zero_point, x);
    aed_store_x(&second, factors, zero_point, y);
}

#endif

static inline int32_t aed_both_lanes(int32_t value)
{
    return (int32_t)(((uint32_t)value & 0xffffu) * 0x10001u);
}

/* Limits narrower than int8's, after the fact. */
static inline void aed_limit(int8_t *row, int32_t size, const aed_range *range)
{
    if (range->min == -128 && range->max == 127) {
        return;
    }
    for (int32_t i = 0; i < size; ++i) {
        row[i] = aed_clamp(row[i], range);
    }
}

#endif
