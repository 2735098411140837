/* Arithmetic in float32 that gives the same bits everywhere. */
#ifndef AED_FLOAT_H
#define AED_FLOAT_H

/*
 * A product that no compiler fuses with a sum (GCC fuses in its gnu modes, clang within an expression). On cores with the DSP
 * extension the barrier costs nothing; elsewhere the product goes through memory.
 */
static inline float aed_product(float a, float b)
{
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FP) && defined(__GNUC__) && !defined(__aarch64__)
    float product = a * b;

    __asm("" : "+t"(product));
    return product;
#else
    volatile float product = a * b;

    return product;
#endif
}

#endif
