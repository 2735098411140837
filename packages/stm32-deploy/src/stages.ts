import type { Stages } from '@aed/core'
import { generateC } from './generate-c.ts'

/** The stages of this package, as `@aed/stm32-deploy/worker` offers them. */
export const stages = { generateC } as const satisfies Stages
