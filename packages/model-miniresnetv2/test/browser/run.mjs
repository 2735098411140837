// Builds page.ts as a web developer would (vite), opens it in headless Chromium and prints embeddings of backbones by WebGL as JSON: `run.mjs PATCHES.npy BACKBONE.h5...`
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'

const [, , patches, ...backbones] = process.argv
const root = fileURLToPath(new URL('.', import.meta.url))
const outDir = mkdtempSync(path.join(os.tmpdir(), 'aed-webgl-'))
const executablePath = process.env.AED_CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
let server, browser
try {
  await build({ root, configFile: false, logLevel: 'error', worker: { format: 'es' }, build: { outDir, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 1e5 } })
  server = await preview({ root, configFile: false, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
  browser = await chromium.launch({ executablePath, args })
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.error(String(error)))
  await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/`)
  await page.waitForFunction(() => 'embedByWebgl' in globalThis)
  const base64 = (file) => readFileSync(file).toString('base64')
  const results = []
  for (const file of backbones) results.push(await page.evaluate(([h5, npy]) => globalThis.embedByWebgl(h5, npy), [base64(file), base64(patches)]))
  console.log(JSON.stringify(results))
} finally {
  await browser?.close()
  await new Promise((resolve) => (server ? server.httpServer.close(resolve) : resolve()))
  rmSync(outDir, { recursive: true, force: true })
}
process.exit(0)
