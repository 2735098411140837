// `npm test`: lint, types and tests of every package through nx (cached), then one closing line with the sum of the tests.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const projects = ['e2e', ...readdirSync(path.join(root, 'packages')).map((name) => path.join('packages', name))]
const summaries = projects.map((project) => path.join(root, project, '.test', 'summary.json'))
for (const file of summaries) rmSync(file, { force: true })

// One test project at a time: suites spawn workers, compilers and browsers, and two cores are all there is to count on.
const nx = spawnSync('npx', ['nx', 'run-many', '-t', 'build', 'lint', 'typecheck', 'test', '--parallel=2', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })

const sum = { passed: 0, failed: 0, skipped: 0 }
for (const file of summaries.filter(existsSync)) {
  const counts = JSON.parse(readFileSync(file, 'utf8'))
  for (const key of Object.keys(sum)) sum[key] += counts[key]
}
console.log(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`)
process.exit(nx.status === 0 && sum.failed === 0 && sum.passed > 0 ? 0 : 1)
