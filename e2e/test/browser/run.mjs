// Builds the page of a folder (default: this one) as a web developer would (vite), opens it in headless Chromium, whose microphone is a beep, and prints what it
// finds (globalThis.result) as JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'

const root = fileURLToPath(new URL(process.argv[2] ?? '.', import.meta.url))
const outDir = mkdtempSync(path.join(os.tmpdir(), 'aed-browser-'))
const executablePath = process.env.AED_CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const sound = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required']
let server, browser
try {
  await build({ root, configFile: false, logLevel: 'error', worker: { format: 'es' }, build: { outDir, emptyOutDir: true, target: 'es2022' } })
  server = await preview({ root, configFile: false, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
  const { port } = server.httpServer.address()
  browser = await chromium.launch({ executablePath, args: [...args, ...sound] })
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.error(String(error)))
  page.on('console', (message) => console.error(message.text()))
  await page.goto(`http://127.0.0.1:${port}/`)
  console.log(JSON.stringify(await page.evaluate(() => globalThis.result)))
} finally {
  await browser?.close()
  await new Promise((resolve) => (server ? server.httpServer.close(resolve) : resolve()))
  rmSync(outDir, { recursive: true, force: true })
}
process.exit(0)
