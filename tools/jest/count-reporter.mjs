import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Writes the counts of a run to `.test/summary.json`, an nx output, so that a cached run still counts. */
export default class {
  constructor(globalConfig) {
    this.dir = path.join(globalConfig.rootDir, '.test')
  }
  onRunComplete(_contexts, r) {
    mkdirSync(this.dir, { recursive: true })
    const counts = { passed: r.numPassedTests, failed: r.numFailedTests + r.numRuntimeErrorTestSuites, skipped: r.numPendingTests }
    writeFileSync(path.join(this.dir, 'summary.json'), JSON.stringify(counts))
  }
}
