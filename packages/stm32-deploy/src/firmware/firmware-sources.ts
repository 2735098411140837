// Made by scripts/embed-kernels.mjs from c/ and package.json: change those and run it again.

/** Programs around a library and what boards need for them, by their path under c/firmware/. */
export const FIRMWARE_SOURCES: Readonly<Record<string, string>> = {
  'b-u585i-iot02a/board.c': `/*
 * ST's B-U585I-IOT02A: STM32U585 at 160 MHz with its instruction cache, serial port of the ST-LINK (USART1, 115200 baud, 8N1), one of the
 * board's digital microphones through the audio digital filter and DMA. COMPILED, NOT YET RUN ON HARDWARE.
 *
 * Clocks come from MSIS, 4 MHz and exact to about 1 %; so is the sample rate.
 */
#include "../board.h"
#include "stm32u585.h"

#define CORE_HZ 160000000u
#define BAUD 115200u
/* Steps of about 3 dB by which the filter amplifies the microphone. */
#define MICROPHONE_GAIN 6u
/* Samples of an interrupt: 10 ms. */
#define BLOCK 160u
#define INTERRUPT 29

extern uint32_t stack_bottom[];
void board_interrupt_0(void);

static int16_t blocks[2][BLOCK];
/* What the DMA loads at the end of its buffer: the same again. */
static uint32_t node[3];
static board_samples *listener;

static void clock_160_mhz(void)
{
    RCC_AHB3ENR |= RCC_AHB3ENR_PWREN;
    (void)RCC_AHB3ENR;
    PWR_CR3 |= PWR_CR3_REGSEL; /* the step-down converter */
    while ((PWR_SVMSR & PWR_SVMSR_REGS) == 0) {
    }
    PWR_VOSR |= PWR_VOSR_RANGE1;
    while ((PWR_VOSR & PWR_VOSR_VOSRDY) == 0) {
    }
    FLASH_ACR = (FLASH_ACR & ~FLASH_ACR_LATENCY) | FLASH_ACR_LATENCY_4 | FLASH_ACR_PRFTEN;
    while ((FLASH_ACR & FLASH_ACR_LATENCY) != FLASH_ACR_LATENCY_4) {
    }
    /* PLL1: 4 MHz * 80 / 2. The booster runs from its input. */
    RCC_PLL1CFGR = RCC_PLLCFGR_SRC_MSIS | RCC_PLLCFGR_REN;
    RCC_PLL1DIVR = RCC_PLLDIVR(80u, 2u, 2u, 2u);
    PWR_VOSR |= PWR_VOSR_BOOSTEN;
    while ((PWR_VOSR & PWR_VOSR_BOOSTRDY) == 0) {
    }
    RCC_CR |= RCC_CR_PLL1ON;
    while ((RCC_CR & RCC_CR_PLL1RDY) == 0) {
    }
    /* Above 80 MHz by way of half the clock for a microsecond at least. */
    RCC_CFGR2 = (RCC_CFGR2 & ~RCC_CFGR2_HPRE) | RCC_CFGR2_HPRE_2;
    RCC_CFGR1 |= RCC_CFGR1_SW_PLL1;
    while ((RCC_CFGR1 & RCC_CFGR1_SWS) != RCC_CFGR1_SWS) {
    }
    for (volatile int i = 0; i < 100; ++i) {
    }
    RCC_CFGR2 &= ~RCC_CFGR2_HPRE;
}

static void cache_instructions(void)
{
    while ((ICACHE_SR & ICACHE_SR_BUSYF) != 0) {
    }
    ICACHE_CR |= ICACHE_CR_EN;
}

/* Pins 8 to 15 of a port to an alternate function. */
static void alternate(uint32_t port, uint32_t pin, uint32_t function)
{
    const uint32_t at = 4 * (pin - 8);

    GPIO_AFRH(port) = (GPIO_AFRH(port) & ~(15u << at)) | function << at;
    GPIO_MODER(port) = (GPIO_MODER(port) & ~(3u << 2 * pin)) | 2u << 2 * pin;
}

static void open_serial_port(void)
{
    RCC_AHB2ENR1 |= RCC_AHB2ENR1_GPIOAEN;
    RCC_APB2ENR |= RCC_APB2ENR_USART1EN;
    (void)RCC_APB2ENR;
    alternate(GPIOA, 9, 7);
    alternate(GPIOA, 10, 7);
    USART1_BRR = (CORE_HZ + BAUD / 2) / BAUD;
    USART1_CR1 = USART_CR1_UE | USART_CR1_RE | USART_CR1_TE;
}

void board_init(void)
{
    clock_160_mhz();
    cache_instructions();
    open_serial_port();
    DEMCR |= DEMCR_TRCENA;
    DWT_CYCCNT = 0;
    DWT_CTRL |= 1u;
}

uint32_t board_ticks(void)
{
    return DWT_CYCCNT;
}

uint32_t board_ticks_per_second(void)
{
    return CORE_HZ;
}

uint32_t *board_stack(void)
{
    return stack_bottom;
}

int board_read(void *to, size_t n)
{
    for (uint8_t *byte = to; n > 0; --n) {
        while ((USART1_ISR & USART_ISR_RXNE) == 0) {
            USART1_ICR = USART_ICR_ERRORS; /* an overrun: the CRC tells */
        }
        *byte++ = (uint8_t)USART1_RDR;
    }
    return 0;
}

int board_write(const void *from, size_t n)
{
    for (const uint8_t *byte = from; n > 0; --n) {
        while ((USART1_ISR & USART_ISR_TXE) == 0) {
        }
        USART1_TDR = *byte++;
    }
    return 0;
}

/* Half of the buffer is full, or all of it. */
void board_interrupt_0(void)
{
    const uint32_t flags = GPDMA_C0SR & (GPDMA_HTF | GPDMA_TCF);

    GPDMA_C0FCR = flags;
    if ((flags & GPDMA_HTF) != 0) {
        listener(blocks[0], BLOCK);
    }
    if ((flags & GPDMA_TCF) != 0) {
        listener(blocks[1], BLOCK);
    }
}

static void start_dma(void)
{
    const uint32_t next = ((uint32_t)node & 0xfffcu) | GPDMA_LLR_UB1 | GPDMA_LLR_UDA | GPDMA_LLR_ULL;

    node[0] = sizeof blocks;
    node[1] = (uint32_t)blocks;
    node[2] = next;
    RCC_AHB1ENR |= RCC_AHB1ENR_GPDMA1EN;
    (void)RCC_AHB1ENR;
    GPDMA_C0LBAR = (uint32_t)node & 0xffff0000u;
    GPDMA_C0TR1 = GPDMA_TR1_SDW_16 | GPDMA_TR1_DDW_16 | GPDMA_TR1_DINC | GPDMA_TR1_DAP_1;
    GPDMA_C0TR2 = GPDMA_TR2_ADF1_FLT0;
    GPDMA_C0BR1 = sizeof blocks;
    GPDMA_C0SAR = ADF1_DFLT0DR_HIGH;
    GPDMA_C0DAR = (uint32_t)blocks;
    GPDMA_C0LLR = next;
    NVIC_ISER0 = 1u << INTERRUPT;
    GPDMA_C0CR = GPDMA_CR_PRIO_HIGH | GPDMA_CR_HTIE | GPDMA_CR_TCIE | GPDMA_CR_EN;
}

int board_listen(uint32_t sample_rate, board_samples *on_samples)
{
    if (sample_rate != 16000) {
        return -1;
    }
    listener = on_samples;
    /* PLL3: 4 MHz * 96 / 25 = 15.36 MHz; the microphone's clock is a tenth of it, 1.536 MHz = 96 * 16 kHz. */
    RCC_PLL3CFGR = RCC_PLLCFGR_SRC_MSIS | RCC_PLLCFGR_QEN;
    RCC_PLL3DIVR = RCC_PLLDIVR(96u, 2u, 25u, 2u);
    RCC_CR |= RCC_CR_PLL3ON;
    while ((RCC_CR & RCC_CR_PLL3RDY) == 0) {
    }
    RCC_CCIPR3 = (RCC_CCIPR3 & ~RCC_CCIPR3_ADF1SEL) | RCC_CCIPR3_ADF1SEL_PLL3Q;
    RCC_AHB2ENR1 |= RCC_AHB2ENR1_GPIOEEN;
    RCC_AHB3ENR |= RCC_AHB3ENR_ADF1EN;
    (void)RCC_AHB3ENR;
    alternate(GPIOE, 9, 3);  /* ADF1_CCK0 */
    alternate(GPIOE, 10, 3); /* ADF1_SDI0 */
    ADF1_CKGCR = ADF_CKGCR_CCKDIV(10u) | ADF_CKGCR_CCK0DIR | ADF_CKGCR_CCK0EN;
    ADF1_CKGCR |= ADF_CKGCR_CKGDEN;
    ADF1_SITF0CR = ADF_SITFCR_SPI | ADF_SITFCR_STH(31u);
    ADF1_SITF0CR |= ADF_SITFCR_SITFEN;
    ADF1_BSMX0CR = 0; /* the microphone that speaks at the rising edge */
    /* 1.536 MHz / 24 / 4 = 16 kHz: a fifth-order comb filter, then the reshaping filter; the high-pass is on, at 10 Hz. */
    ADF1_DFLT0CICR = ADF_DFLTCICR_SINC5 | ADF_DFLTCICR_MCICD(24u) | ADF_DFLTCICR_SCALE(MICROPHONE_GAIN);
    ADF1_DFLT0RSFR = 0;
    start_dma();
    ADF1_DFLT0CR = ADF_DFLTCR_DMAEN;
    ADF1_DFLT0CR |= ADF_DFLTCR_DFLTEN;
    return 0;
}

void board_wait(void)
{
    __asm volatile("wfi");
}

void board_stop(int status)
{
    (void)status;
    for (;;) {
        __asm volatile("wfi");
    }
}
`,
  'b-u585i-iot02a/link.ld': `/* STM32U585AI: 2 MB of flash, SRAM1 to SRAM3 in one piece. */
STACK_SIZE = 0x2000;
MEMORY
{
    FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 2M
    RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 768K
}
INCLUDE sections.ld
`,
  'b-u585i-iot02a/stm32u585.h': `/* The registers of the STM32U585 that board.c uses, and their bits: RM0456, non-secure addresses (TrustZone is off as delivered). */
#ifndef STM32U585_H
#define STM32U585_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* Reset and clock control */
#define RCC_CR REGISTER(0x46020C00u)
#define RCC_CR_PLL1ON (1u << 24)
#define RCC_CR_PLL1RDY (1u << 25)
#define RCC_CR_PLL3ON (1u << 28)
#define RCC_CR_PLL3RDY (1u << 29)
#define RCC_CFGR1 REGISTER(0x46020C1Cu)
#define RCC_CFGR1_SW_PLL1 (3u << 0)
#define RCC_CFGR1_SWS (3u << 2)
#define RCC_CFGR2 REGISTER(0x46020C20u)
#define RCC_CFGR2_HPRE (15u << 0)
#define RCC_CFGR2_HPRE_2 (8u << 0)
#define RCC_PLL1CFGR REGISTER(0x46020C28u)
#define RCC_PLL3CFGR REGISTER(0x46020C30u)
#define RCC_PLLCFGR_SRC_MSIS (1u << 0)
#define RCC_PLLCFGR_QEN (1u << 17)
#define RCC_PLLCFGR_REN (1u << 18)
#define RCC_PLL1DIVR REGISTER(0x46020C34u)
#define RCC_PLL3DIVR REGISTER(0x46020C44u)
#define RCC_PLLDIVR(n, p, q, r) (((n) - 1u) | ((p) - 1u) << 9 | ((q) - 1u) << 16 | ((r) - 1u) << 24)
#define RCC_AHB1ENR REGISTER(0x46020C88u)
#define RCC_AHB1ENR_GPDMA1EN (1u << 0)
#define RCC_AHB2ENR1 REGISTER(0x46020C8Cu)
#define RCC_AHB2ENR1_GPIOAEN (1u << 0)
#define RCC_AHB2ENR1_GPIOEEN (1u << 4)
#define RCC_AHB3ENR REGISTER(0x46020C94u)
#define RCC_AHB3ENR_PWREN (1u << 2)
#define RCC_AHB3ENR_ADF1EN (1u << 10)
#define RCC_APB2ENR REGISTER(0x46020CA4u)
#define RCC_APB2ENR_USART1EN (1u << 14)
#define RCC_CCIPR3 REGISTER(0x46020CE8u)
#define RCC_CCIPR3_ADF1SEL (7u << 12)
#define RCC_CCIPR3_ADF1SEL_PLL3Q (2u << 12)

/* Power control */
#define PWR_CR3 REGISTER(0x46020808u)
#define PWR_CR3_REGSEL (1u << 1)
#define PWR_VOSR REGISTER(0x4602080Cu)
#define PWR_VOSR_BOOSTRDY (1u << 14)
#define PWR_VOSR_VOSRDY (1u << 15)
#define PWR_VOSR_RANGE1 (3u << 16)
#define PWR_VOSR_BOOSTEN (1u << 18)
#define PWR_SVMSR REGISTER(0x4602083Cu)
#define PWR_SVMSR_REGS (1u << 1)

/* Flash and instruction cache */
#define FLASH_ACR REGISTER(0x40022000u)
#define FLASH_ACR_LATENCY (15u << 0)
#define FLASH_ACR_LATENCY_4 (4u << 0)
#define FLASH_ACR_PRFTEN (1u << 8)
#define ICACHE_CR REGISTER(0x40030400u)
#define ICACHE_CR_EN (1u << 0)
#define ICACHE_SR REGISTER(0x40030404u)
#define ICACHE_SR_BUSYF (1u << 0)

/* Pins */
#define GPIOA 0x42020000u
#define GPIOE 0x42021000u
#define GPIO_MODER(port) REGISTER((port) + 0x00u)
#define GPIO_AFRH(port) REGISTER((port) + 0x24u)

/* Serial port */
#define USART1_CR1 REGISTER(0x40013800u)
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART1_BRR REGISTER(0x4001380Cu)
#define USART1_ISR REGISTER(0x4001381Cu)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TXE (1u << 7)
#define USART1_ICR REGISTER(0x40013820u)
#define USART_ICR_ERRORS 15u
#define USART1_RDR REGISTER(0x40013824u)
#define USART1_TDR REGISTER(0x40013828u)

/* Audio digital filter */
#define ADF1_CKGCR REGISTER(0x46024004u)
#define ADF_CKGCR_CKGDEN (1u << 0)
#define ADF_CKGCR_CCK0EN (1u << 1)
#define ADF_CKGCR_CCK0DIR (1u << 5)
#define ADF_CKGCR_CCKDIV(by) (((by) - 1u) << 16)
#define ADF1_SITF0CR REGISTER(0x46024080u)
#define ADF_SITFCR_SITFEN (1u << 0)
#define ADF_SITFCR_SPI (1u << 4)
#define ADF_SITFCR_STH(threshold) ((threshold) << 8)
#define ADF1_BSMX0CR REGISTER(0x46024084u)
#define ADF1_DFLT0CR REGISTER(0x46024088u)
#define ADF_DFLTCR_DFLTEN (1u << 0)
#define ADF_DFLTCR_DMAEN (1u << 1)
#define ADF1_DFLT0CICR REGISTER(0x4602408Cu)
#define ADF_DFLTCICR_SINC5 (5u << 4)
#define ADF_DFLTCICR_MCICD(by) (((by) - 1u) << 8)
#define ADF_DFLTCICR_SCALE(steps) (((steps) & 63u) << 20)
#define ADF1_DFLT0RSFR REGISTER(0x46024090u)
/* The upper half of the 24-bit sample: 16 bits, signed. */
#define ADF1_DFLT0DR_HIGH 0x460240F2u

/* DMA channel 0 */
#define GPDMA_C0LBAR REGISTER(0x40020050u)
#define GPDMA_C0FCR REGISTER(0x4002005Cu)
#define GPDMA_C0SR REGISTER(0x40020060u)
#define GPDMA_TCF (1u << 8)
#define GPDMA_HTF (1u << 9)
#define GPDMA_C0CR REGISTER(0x40020064u)
#define GPDMA_CR_EN (1u << 0)
#define GPDMA_CR_TCIE (1u << 8)
#define GPDMA_CR_HTIE (1u << 9)
#define GPDMA_CR_PRIO_HIGH (3u << 22)
#define GPDMA_C0TR1 REGISTER(0x40020090u)
#define GPDMA_TR1_SDW_16 (1u << 0)
#define GPDMA_TR1_DDW_16 (1u << 16)
#define GPDMA_TR1_DINC (1u << 19)
#define GPDMA_TR1_DAP_1 (1u << 30)
#define GPDMA_C0TR2 REGISTER(0x40020094u)
#define GPDMA_TR2_ADF1_FLT0 98u
#define GPDMA_C0BR1 REGISTER(0x40020098u)
#define GPDMA_C0SAR REGISTER(0x4002009Cu)
#define GPDMA_C0DAR REGISTER(0x400200A0u)
#define GPDMA_C0LLR REGISTER(0x400200CCu)
#define GPDMA_LLR_ULL (1u << 16)
#define GPDMA_LLR_UDA (1u << 27)
#define GPDMA_LLR_UB1 (1u << 29)

/* Of the core: interrupts, cycle counter */
#define NVIC_ISER0 REGISTER(0xE000E100u)
#define DEMCR REGISTER(0xE000EDFCu)
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL REGISTER(0xE0001000u)
#define DWT_CYCCNT REGISTER(0xE0001004u)

#endif
`,
  'board.h': `/* What a board gives to the programs here: a byte stream, a counter, and where it has one a microphone. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Clocks, caches, the byte stream. Called once, before main. */
void board_init(void);

/* Counts up. */
uint32_t board_ticks(void);
uint32_t board_ticks_per_second(void);

/* The lowest word of a stack that may be painted to see how deep it gets; NULL where there is none. */
uint32_t *board_stack(void);

/* All n bytes; 0, or -1 when the stream has ended. */
int board_read(void *to, size_t n);
int board_write(const void *from, size_t n);

/* Called from an interrupt with the next samples, 16 bits, one channel. */
typedef void board_samples(const int16_t *samples, size_t n);

/* Starts the microphone at a sample rate in Hz. 0, or -1 where there is none or it has another rate. */
int board_listen(uint32_t sample_rate, board_samples *on_samples);

/* Sleeps until an interrupt has been. */
void board_wait(void);

/* After main, or after a fault. Does not return. */
void board_stop(int status);

#endif
`,
  'host/board.c': `/* This machine: the byte stream is standard input and output. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../board.h"

uint32_t board_ticks(void)
{
    return (uint32_t)((uint64_t)clock() * 1000000u / CLOCKS_PER_SEC);
}

uint32_t board_ticks_per_second(void)
{
    return 1000000;
}

uint32_t *board_stack(void)
{
    return NULL;
}

int board_read(void *to, size_t n)
{
    return fread(to, 1, n, stdin) == n ? 0 : -1;
}

int board_write(const void *from, size_t n)
{
    return fwrite(from, 1, n, stdout) == n && fflush(stdout) == 0 ? 0 : -1;
}

int board_listen(uint32_t sample_rate, board_samples *on_samples)
{
    (void)sample_rate;
    (void)on_samples;
    return -1;
}

void board_init(void)
{
}

void board_wait(void)
{
}

void board_stop(int status)
{
    exit(status);
}
`,
  'listen.c': `/*
 * Listens to the board's microphone and prints a line for every event, and for every result where the model has no thresholds of events:
 * its class and score, after "unknown: " where the score is too low for the class.
 */
#include <string.h>

#include "board.h"
#include "config.h"

static aed_audio_state audio;

static void on_samples(const int16_t *samples, size_t n)
{
    aed_audio_push(&audio, samples, n);
}

static void print(const char *text)
{
    board_write(text, strlen(text));
}

static void print_number(uint32_t value)
{
    char text[11];
    char *at = text + sizeof text - 1;

    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    print(at);
}

/* label, score in percent. */
static void print_class(int32_t c, float score)
{
#ifdef AED_LABEL_SIZE
    print(aed_labels[c]);
#else
    print("class ");
    print_number((uint32_t)c);
#endif
    print(" ");
    print_number(score > 0.0f ? (uint32_t)(score * 100.0f + 0.5f) : 0);
    print(" %\\r\\n");
}

static void print_result(const float scores[AED_CLASSES])
{
#ifdef HAS_DETECTION
    for (int32_t c = 0; c < AED_CLASSES; ++c) {
        if (aed_audio_events(&audio)[c]) {
            print_class(c, scores[c]);
        }
    }
#else
    int32_t best = 0;

    for (int32_t c = 1; c < AED_CLASSES; ++c) {
        best = scores[c] > scores[best] ? c : best;
    }
    if (aed_label(scores) == AED_UNKNOWN) {
        print("unknown: ");
    }
    print_class(best, scores[best]);
#endif
}

int main(void)
{
    float scores[AED_CLASSES];

    if (aed_audio_init(&audio) != AED_OK || board_listen(AED_SAMPLE_RATE, on_samples) != 0) {
        print("no microphone at this sample rate\\r\\n");
        return 1;
    }
    print("listening\\r\\n");
    for (;;) {
        const int status = aed_audio_poll(&audio, scores);

        if (status == 1) {
            print_result(scores);
        } else if (status == AED_ERROR_OVERRUN) {
            print("overrun: samples lost ");
            print_number(aed_audio_lost(&audio));
            print("\\r\\n");
        } else if (status < 0) {
            return 1;
        } else {
            board_wait();
        }
    }
}
`,
  'mps2-an386/board.c': `/* QEMU's mps2-an386: a Cortex-M4 with FPU. */
#define UART_BASE 0x40004000u
#define TIMER_BASE 0x40000000u
#define TIMER_HZ 25000000u
#include "../mps2.h"
`,
  'mps2-an386/link.ld': `/* Arm's MPS2 board with the FPGA image AN386 (Cortex-M4), as QEMU has it. */
STACK_SIZE = 0x4000;
MEMORY
{
    FLASH (rx) : ORIGIN = 0x00000000, LENGTH = 4M
    RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4M
}
INCLUDE sections.ld
`,
  'mps2-an505/board.c': `/* QEMU's mps2-an505: a Cortex-M33. */
#define UART_BASE 0x50200000u
#define TIMER_BASE 0x50000000u
#define TIMER_HZ 20000000u
#include "../mps2.h"
`,
  'mps2-an505/link.ld': `/* Arm's MPS2+ board with the FPGA image AN505 (Cortex-M33), secure world, as QEMU has it. */
STACK_SIZE = 0x4000;
MEMORY
{
    FLASH (rx) : ORIGIN = 0x10000000, LENGTH = 4M
    RAM (rwx) : ORIGIN = 0x38000000, LENGTH = 2M
}
INCLUDE sections.ld
`,
  'mps2.h': `/*
 * An MPS2 board on QEMU. With BOARD_FILES the byte stream is a file of the host, requests.bin, and what is written goes to
 * responses.bin (semihosting, fast); else both are UART0. With -icount shift=7 an instruction takes 128 ns, more than two ticks of the
 * timer, so that ticks tell the exact number of instructions.
 */
#include "board.h"

#define TIMER ((volatile uint32_t *)TIMER_BASE) /* control, value, reload */
#define UART ((volatile uint32_t *)UART_BASE)   /* data, state, control, -, divider */

extern uint32_t stack_bottom[];

static int semihosting(int operation, const void *argument)
{
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;

    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

#ifdef BOARD_FILES

static int input;
static int output;

static int open_file(const char *name, uint32_t length, uint32_t mode)
{
    const uint32_t block[3] = {(uint32_t)name, mode, length};

    return semihosting(1, block);
}

static void init_stream(void)
{
    input = open_file("requests.bin", 12, 1);
    output = open_file("responses.bin", 13, 5);
}

int board_read(void *to, size_t n)
{
    const uint32_t block[3] = {(uint32_t)input, (uint32_t)to, n};

    return semihosting(6, block) == 0 ? 0 : -1;
}

int board_write(const void *from, size_t n)
{
    const uint32_t block[3] = {(uint32_t)output, (uint32_t)from, n};

    return semihosting(5, block) == 0 ? 0 : -1;
}

#else

static void init_stream(void)
{
    UART[4] = 16;
    UART[2] = 3;
}

int board_read(void *to, size_t n)
{
    for (uint8_t *byte = to; n > 0; --n) {
        while ((UART[1] & 2u) == 0) {
        }
        *byte++ = (uint8_t)UART[0];
    }
    return 0;
}

int board_write(const void *from, size_t n)
{
    for (const uint8_t *byte = from; n > 0; --n) {
        while ((UART[1] & 1u) != 0) {
        }
        UART[0] = *byte++;
    }
    return 0;
}

#endif

void board_init(void)
{
    TIMER[2] = 0xffffffff;
    TIMER[1] = 0xffffffff;
    TIMER[0] = 1;
    init_stream();
}

uint32_t board_ticks(void)
{
    return ~TIMER[1];
}

uint32_t board_ticks_per_second(void)
{
    return TIMER_HZ;
}

uint32_t *board_stack(void)
{
    return stack_bottom;
}

int board_listen(uint32_t sample_rate, board_samples *on_samples)
{
    (void)sample_rate;
    (void)on_samples;
    return -1;
}

void board_wait(void)
{
}

void board_stop(int status)
{
    const uint32_t block[2] = {0x20026, (uint32_t)status};

    semihosting(0x20, block);
    for (;;) {
    }
}
`,
  'sections.ld': `/* Sections of a program; the board's script names the memories FLASH and RAM, and the stack's size. */
ENTRY(reset)
SECTIONS
{
    .text : { KEEP(*(.vectors)) *(.text .text.*) *(.rodata .rodata.*) . = ALIGN(4); } > FLASH
    .ARM.exidx : { *(.ARM.exidx*) } > FLASH
    .data : ALIGN(4) { data_start = .; *(.data .data.*) . = ALIGN(4); data_end = .; } > RAM AT > FLASH
    data_load = LOADADDR(.data);
    .bss (NOLOAD) : ALIGN(8) { bss_start = .; *(.bss .bss.*) *(COMMON) . = ALIGN(8); bss_end = .; } > RAM
    .stack (NOLOAD) : ALIGN(8) { stack_bottom = .; . += STACK_SIZE; stack_top = .; } > RAM
}
`,
  'startup.c': `/* From reset to main, for any Cortex-M with an FPU of single precision. */
#include "board.h"

#define CPACR (*(volatile uint32_t *)0xE000ED88u)

extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];
extern const uint32_t stack_top[];

int main(void);
void reset(void);
void fault(void);
void unused(void);
void board_interrupt_0(void);

void fault(void)
{
    board_stop(99);
}

void unused(void)
{
    board_stop(98);
}

/* The DMA of the microphone, where a board has one. */
__attribute__((weak)) void board_interrupt_0(void)
{
    unused();
}

void reset(void)
{
    const uint32_t *from = data_load;

    CPACR |= 0xfu << 20;
    __asm volatile("dsb\\n\\tisb" ::: "memory");
    for (uint32_t *to = data_start; to < data_end; ++to) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end; ++to) {
        *to = 0;
    }
    board_init();
    board_stop(main());
}

#ifndef BOARD_INTERRUPT_0
#define BOARD_INTERRUPT_0 0
#endif

typedef union {
    void (*handler)(void);
    const void *stack;
} vector;

/* Sixteen of the core's, then those of the chip up to the one that is used. */
__attribute__((section(".vectors"), used)) static const vector vectors[17 + BOARD_INTERRUPT_0] = {
    [0] = {.stack = stack_top},
    [1] = {reset},
    [2] = {fault},
    [3] = {fault},
    [4] = {fault},
    [5] = {fault},
    [6] = {fault},
    [7] = {fault},
    [11] = {unused},
    [12] = {unused},
    [14] = {unused},
    [15] = {unused},
    [16 + BOARD_INTERRUPT_0] = {board_interrupt_0},
};
`,
  'verify.c': `/*
 * Runs test vectors that come over the board's byte stream, so that a host can compare the bytes. A message is 'A' 'E', its kind, its
 * number, the length of what follows in four bytes, the payload, and the CRC-32 of all of it; answers have the same form and number. All
 * numbers are little-endian. A message whose CRC is wrong is answered with kind '!', for the host to send it again.
 *
 *   'i' what is here: sizes, ticks
 *   'r' one input          -> status, ticks, stack, arena used, output
 *   's' self-test          -> status
 *   'a' starts a stream and a clip -> status
 *   'p' samples            -> ticks, stack, samples lost, results: output, events, scores of each
 *   'c' the clip's scores  -> status, ticks, label (-1: unknown), scores
 *   'f' frames into a clip, 'w' samples into a clip, of a clip head that takes them; none: it begins anew -> status, ticks
 *
 * With a clip head of statistics an input is a clip of its own, its output the features and scores of that clip; results of a stream are scores alone.
 */
#include <string.h>

#include "board.h"
#include "config.h"

#define PAINT 0xa5a5a5a5u
#define HEAD 8
#ifdef AED_CLIP_FEATURES
#define OUTPUT (4 * (AED_CLIP_FEATURES + AED_CLASSES))
#define RESULT (4 * AED_CLASSES)
#else
#define OUTPUT AED_OUTPUT_SIZE
#define RESULT (OUTPUT + AED_CLASSES + 4 * AED_CLASSES)
#endif
#ifdef AED_AUDIO_BUFFER
#define MOST_SAMPLES 2048
#define MOST_RESULTS (2 + MOST_SAMPLES / AED_AUDIO_PERIOD)
#define MOST_IN (2 * MOST_SAMPLES > AED_INPUT_SIZE ? 2 * MOST_SAMPLES : AED_INPUT_SIZE)
#define MOST_OUT (64 + OUTPUT + MOST_RESULTS * RESULT)
#else
#define MOST_IN AED_INPUT_SIZE
#define MOST_OUT (64 + OUTPUT)
#endif

static union {
    int64_t align[2];
    uint8_t bytes[AED_ARENA_SIZE];
} arena;
static uint8_t request[HEAD + MOST_IN + 4];
static uint8_t answer[HEAD + MOST_OUT + 4];
static size_t answered;
static uint32_t runs;
#ifdef AED_AUDIO_BUFFER
static aed_audio_state audio;
static int16_t samples[MOST_SAMPLES];
static float scores[AED_CLASSES];
#endif
#ifdef HAS_CLIP
static aed_clip_state clip;
#endif
#ifdef AED_CLIP_FEATURES
static float output[AED_CLIP_FEATURES + AED_CLASSES];
#else
static int8_t output[AED_OUTPUT_SIZE];
#endif

static uint32_t crc32(const uint8_t *bytes, size_t n)
{
    uint32_t crc = ~0u;

    while (n-- > 0) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ (crc & 1u ? 0xedb88320u : 0u);
        }
    }
    return ~crc;
}

static uint32_t get_32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put_32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; ++i) {
        to[i] = (uint8_t)(value >> 8 * i);
    }
}

static void add(const void *from, size_t n)
{
    memcpy(answer + HEAD + answered, from, n);
    answered += n;
}

static void add_32(uint32_t value)
{
    put_32(answer + HEAD + answered, value);
    answered += 4;
}

static int send(uint8_t kind, uint8_t number)
{
    const uint8_t head[4] = {'A', 'E', kind, number};

    memcpy(answer, head, sizeof head);
    put_32(answer + 4, (uint32_t)answered);
    put_32(answer + HEAD + answered, crc32(answer, HEAD + answered));
    return board_write(answer, HEAD + answered + 4);
}

/* Reads the next message: its payload's length, -1 at the end of the stream, -2 for one that is damaged. */
static int32_t receive(void)
{
    uint32_t length;

    request[1] = 0;
    do {
        request[0] = request[1];
        if (board_read(request + 1, 1) != 0) {
            return -1;
        }
    } while (request[0] != 'A' || request[1] != 'E');
    if (board_read(request + 2, HEAD - 2) != 0) {
        return -1;
    }
    length = get_32(request + 4);
    if (length > MOST_IN) {
        return -2;
    }
    if (board_read(request + HEAD, length + 4) != 0) {
        return -1;
    }
    return get_32(request + HEAD + length) == crc32(request, HEAD + length) ? (int32_t)length : -2;
}

/* Fills the free stack from where it ends to a little below this frame; its lowest word and, in *top, its end. */
static __attribute__((noinline)) uint32_t *paint_stack(uint32_t **top)
{
    uint32_t *const bottom = board_stack();

    *top = (uint32_t *)__builtin_frame_address(0) - 16;
    for (volatile uint32_t *at = bottom; bottom != NULL && at < *top; ++at) {
        *at = PAINT;
    }
    return bottom;
}

/* Bytes below \`frame\`, that of the caller, that were used since. */
static uint32_t stack_used(const uint32_t *bottom, const uint32_t *top, const void *frame)
{
    const uint32_t *at = bottom;

    while (bottom != NULL && at < top && *at == PAINT) {
        ++at;
    }
    return bottom == NULL ? 0 : (uint32_t)((const uint8_t *)frame - (const uint8_t *)at);
}

#ifdef AED_CLIP_FEATURES

static void start_clip(const int8_t *input)
{
    (void)aed_clip_reset(&clip);
#ifdef AED_CLIP_BANDS
    for (int t = 0; t < AED_INPUT_SIZE / AED_CLIP_BANDS; ++t) {
        (void)aed_clip_add_frame(&clip, input + t, AED_INPUT_SIZE / AED_CLIP_BANDS);
    }
#else
    (void)input;
#endif
}

static int run_input(const int8_t *input)
{
    return aed_clip_add(&clip, input, &arena);
}

static void take_output(void)
{
    (void)aed_clip_features(&clip, output);
    (void)aed_clip_scores(&clip, output + AED_CLIP_FEATURES);
}

#else

static void start_clip(const int8_t *input)
{
    (void)input;
}

static int run_input(const int8_t *input)
{
    return aed_run(input, output, &arena);
}

static void take_output(void)
{
}

#endif

static void run(void)
{
    const uint8_t paint = (uint8_t)(runs++ + 0x5a);
    uint32_t *top;
    uint32_t *const bottom = paint_stack(&top);
    uint32_t used = sizeof arena.bytes;
    uint32_t start;
    uint32_t ticks;
    int status;

    memset(&arena, paint, sizeof arena);
    start_clip((const int8_t *)request + HEAD);
    start = board_ticks();
    status = run_input((const int8_t *)request + HEAD);
    ticks = board_ticks() - start;
    while (used > 0 && arena.bytes[used - 1] == paint) {
        --used;
    }
    add_32((uint32_t)status);
    add_32(ticks);
    add_32(stack_used(bottom, top, __builtin_frame_address(0)));
    add_32(used);
    take_output();
    add(output, sizeof output);
}

#ifdef AED_AUDIO_BUFFER

static void start_stream(void)
{
    add_32((uint32_t)aed_audio_init(&audio));
#if defined(HAS_CLIP) && !defined(AED_CLIP_FEATURES)
    aed_clip_reset(&clip);
#endif
}

static void push(size_t n)
{
    uint32_t *top;
    uint32_t *const bottom = paint_stack(&top);
    const size_t ticks_at = answered;
    uint32_t ticks = 0;
    int32_t status = 0;

    memcpy(samples, request + HEAD, n * sizeof *samples);
    answered += 16;
    for (size_t at = 0; at < n || status == 1;) {
        uint32_t start;

        if (status == 0 || at == 0) {
            at += aed_audio_push(&audio, samples + at, n - at < AED_HOP ? n - at : AED_HOP);
        }
        start = board_ticks();
        status = aed_audio_poll(&audio, scores);
        ticks += board_ticks() - start;
        if (status < 0) {
            break;
        }
        if (status == 1) {
#ifndef AED_CLIP_FEATURES
            add(aed_audio_output(&audio), AED_OUTPUT_SIZE);
            add(aed_audio_events(&audio), AED_CLASSES);
#ifdef HAS_CLIP
            aed_clip_add(&clip, aed_audio_output(&audio));
#endif
#endif
            add(scores, sizeof scores);
        }
    }
    put_32(answer + HEAD + ticks_at, (uint32_t)status);
    put_32(answer + HEAD + ticks_at + 4, ticks);
    put_32(answer + HEAD + ticks_at + 8, stack_used(bottom, top, __builtin_frame_address(0)));
    put_32(answer + HEAD + ticks_at + 12, aed_audio_lost(&audio));
}

#endif

#ifdef AED_CLIP_BANDS

static void add_frames(size_t n)
{
    int status = n == 0 ? aed_clip_reset(&clip) : AED_OK;
    const uint32_t start = board_ticks();

    for (size_t t = 0; t < n && status == AED_OK; ++t) {
        status = aed_clip_add_frame(&clip, (const int8_t *)request + HEAD + t * AED_CLIP_BANDS, 1);
    }
    add_32((uint32_t)status);
    add_32(board_ticks() - start);
}

#endif
#if defined(AED_CLIP_MOST_SAMPLES) && defined(AED_AUDIO_BUFFER)

static void add_samples(size_t n)
{
    int status = n == 0 ? aed_clip_reset(&clip) : AED_OK;
    uint32_t start;

    memcpy(samples, request + HEAD, n * sizeof *samples);
    start = board_ticks();
    if (status == AED_OK) {
        status = aed_clip_add_samples(&clip, samples, n);
    }
    add_32((uint32_t)status);
    add_32(board_ticks() - start);
}

#endif

static uint8_t serve(uint8_t kind, size_t length)
{
    if (kind == 'i') {
        add_32(AED_INPUT_SIZE);
        add_32(OUTPUT);
        add_32(AED_ARENA_SIZE);
        add_32(board_ticks_per_second());
    } else if (kind == 'r' && length == AED_INPUT_SIZE) {
        run();
#ifdef HAS_SELFTEST
    } else if (kind == 's') {
#ifdef AED_CLIP_FEATURES
        add_32((uint32_t)aed_selftest(&arena, &clip));
#else
        add_32((uint32_t)aed_selftest(&arena));
#endif
#endif
#ifdef AED_AUDIO_BUFFER
    } else if (kind == 'a') {
        start_stream();
    } else if (kind == 'p' && length % 2 == 0 && length <= sizeof samples) {
        push(length / 2);
#endif
#ifdef AED_CLIP_BANDS
    } else if (kind == 'f' && length % AED_CLIP_BANDS == 0) {
        add_frames(length / AED_CLIP_BANDS);
#endif
#if defined(AED_CLIP_MOST_SAMPLES) && defined(AED_AUDIO_BUFFER)
    } else if (kind == 'w' && length % 2 == 0 && length <= sizeof samples) {
        add_samples(length / 2);
#endif
#ifdef HAS_CLIP
    } else if (kind == 'c') {
        float of_clip[AED_CLASSES];
        const uint32_t start = board_ticks();
#if defined(AED_CLIP_FEATURES) && defined(AED_AUDIO_BUFFER)
        const int status = aed_clip_scores(aed_audio_clip(&audio), of_clip);
#else
        const int status = aed_clip_scores(&clip, of_clip);
#endif

        add_32((uint32_t)status);
        add_32(board_ticks() - start);
        add_32((uint32_t)(status == 1 ? aed_label(of_clip) : AED_UNKNOWN));
        add(of_clip, sizeof of_clip);
#endif
    } else {
        return '?';
    }
    return kind;
}

int main(void)
{
    for (;;) {
        const int32_t length = receive();

        answered = 0;
        if (length == -1) {
            return 0;
        }
        if (send(length < 0 ? '!' : serve(request[2], (size_t)length), request[3]) != 0) {
            return 1;
        }
    }
}
`,
}
