import { expose } from '@aed/core/worker'
import { stages } from './test-stages.mjs'

expose(stages)
