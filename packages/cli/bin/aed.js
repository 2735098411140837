#!/usr/bin/env node
import { existsSync } from 'node:fs'

const built = new URL('../dist/main.js', import.meta.url)
if (existsSync(built)) {
  const { main } = await import(built.href)
  process.exitCode = await main(process.argv.slice(2))
} else {
  console.error('error: TOOL_NOT_FOUND: aed is not built; run `npm run build` at the root of the repository first')
  process.exitCode = 2
}
