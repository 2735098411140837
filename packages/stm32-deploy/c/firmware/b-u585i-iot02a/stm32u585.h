/* The registers of the STM32U585 that board.c uses, and their bits: RM0456, non-secure addresses (TrustZone is off as delivered). */
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
