import { expose } from '@aed/core/worker'
import { stages } from './stages.ts'

expose(stages)
