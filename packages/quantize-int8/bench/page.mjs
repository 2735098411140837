// The same in headless Chromium: the page is built by vite and served as it is, without headers for cross-origin isolation.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build } from 'vite'

const require = createRequire(import.meta.url)
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }

/** Times of `page/page.mjs` in Chromium; null where there is none. */
export async function benchInChromium() {
  const executablePath = process.env.AED_CHROMIUM ?? '/usr/bin/chromium'
  const out = mkdtempSync(path.join(tmpdir(), 'aed-bench-page-'))
  const folders = { litert: fileURLToPath(new URL('../wasm', import.meta.resolve('@litertjs/core'))), ort: path.dirname(require.resolve('onnxruntime-web')), tfjs: path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) }
  const server = createServer((request, response) => {
    const [, first, ...rest] = new URL(request.url, 'http://localhost').pathname.split('/')
    try {
      const file = folders[first] ? path.join(folders[first], ...rest) : path.join(out, first, ...rest)
      const bytes = readFileSync(file)
      response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream')
      response.end(bytes)
    } catch {
      response.statusCode = 404
      response.end()
    }
  })
  let browser
  try {
    const root = fileURLToPath(new URL('page/', import.meta.url))
    await build({ root, configFile: false, logLevel: 'error', build: { outDir: out, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 10000 } })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] }).catch(() => null)
    if (!browser) return null
    const page = await browser.newPage()
    page.on('pageerror', (error) => console.error(String(error)))
    await page.goto(`http://127.0.0.1:${server.address().port}/index.html`)
    return await page.evaluate(() => globalThis.results)
  } finally {
    await browser?.close()
    server.close()
    rmSync(out, { recursive: true, force: true })
  }
}
