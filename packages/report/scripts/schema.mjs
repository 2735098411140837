// The JSON schema of report.json, made of the TypeScript types and their comments: `node scripts/schema.mjs` writes report.schema.json.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

export function reportSchema() {
  const schema = createGenerator({ path: at('../src/evaluation-report.ts'), tsconfig: at('../tsconfig.json'), type: 'EvaluationReport', skipTypeCheck: true, additionalProperties: false }).createSchema('EvaluationReport')
  return `${JSON.stringify({ $id: 'aed-evaluation-report/1', ...schema }, null, 2)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(at('../report.schema.json'), reportSchema())
