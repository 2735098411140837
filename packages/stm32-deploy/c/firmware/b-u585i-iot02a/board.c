/*
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
