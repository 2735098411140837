// Builds the pages as a web developer would (vite), opens them in headless Chromium, and prints as JSON what they found and how large the code is.
// Argument: a folder with m.tflite and patches.f32. The server sends no headers for cross-origin isolation, and a content security policy that
// forbids eval; LiteRT.js needs eval, its page has no policy.
import { readFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { build } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))
const data = process.argv[2]
const out = mkdtempSync(path.join(os.tmpdir(), 'aed-classifier-page-'))
const litert = fileURLToPath(new URL('../wasm', import.meta.resolve('@litertjs/core')))
const executablePath = process.env.AED_CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"

function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost')
  const folder = pathname.startsWith('/litert/') ? litert : pathname === '/m.tflite' || pathname === '/patches.f32' ? data : path.join(out, 'pages')
  try {
    const bytes = readFileSync(path.join(folder, pathname.replace(/^\/litert\//, '/')))
    response.setHeader('content-type', TYPES[path.extname(pathname)] ?? 'application/octet-stream')
    if (!pathname.startsWith('/litert')) response.setHeader('content-security-policy', POLICY)
    response.end(bytes)
  } catch {
    response.statusCode = 404
    response.end()
  }
}

/** Bytes over the wire of all code that AudioClassifier brings along. */
async function codeSize() {
  const target = path.join(out, 'size')
  await build({ root, configFile: false, logLevel: 'error', build: { outDir: target, emptyOutDir: true, target: 'es2022', rollupOptions: { input: path.join(root, 'size.ts') } } })
  const files = readdirSync(target, { recursive: true }).map(String).filter((name) => name.endsWith('.js')).map((name) => readFileSync(path.join(target, name)))
  return { brotli: files.reduce((sum, file) => sum + brotliCompressSync(file).length, 0), gzip: files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0), tfjs: files.some((file) => file.includes('tensorflow')) }
}

let browser
const server = createServer(serve)
try {
  const input = { index: path.join(root, 'index.html'), litert: path.join(root, 'litert.html'), sw: path.join(root, 'sw.ts') }
  const output = { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') }
  await build({ root, configFile: false, logLevel: 'error', worker: { format: 'es' }, build: { outDir: path.join(out, 'pages'), emptyOutDir: true, target: 'es2022', modulePreload: false, rollupOptions: { input, output } } })
  const code = await codeSize()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await chromium.launch({ executablePath, args })
  const visit = async (name) => {
    const page = await browser.newPage()
    page.on('pageerror', (error) => console.error(String(error)))
    page.on('console', (message) => message.type() === 'error' && console.error(message.text()))
    await page.goto(`http://127.0.0.1:${server.address().port}/${name}`)
    return await page.evaluate(() => globalThis.results)
  }
  console.log(JSON.stringify({ code, ours: await visit('index.html'), litert: await visit('litert.html') }))
} finally {
  await browser?.close()
  server.close()
  rmSync(out, { recursive: true, force: true })
}
process.exit(0)
