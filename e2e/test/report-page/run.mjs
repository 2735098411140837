// Opens a report in headless Chromium as its readers do (screen, dark, a narrow window, paper, keyboard alone) and prints as JSON what is there. Argument: the page.
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const browser = await chromium.launch({ executablePath: process.env.AED_CHROMIUM ?? '/usr/bin/chromium', args })
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } })
  const outside = []
  page.on('request', (request) => /^(file|data):/.test(request.url()) || outside.push(request.url()))
  page.on('console', (message) => outside.push(message.text()))
  await page.goto(pathToFileURL(process.argv[2]).href)

  /** What has the focus, and whether a reader sees it. */
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement
      const { left, top, right, bottom } = element.getBoundingClientRect()
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return { tag: element.tagName, text: element.getAttribute('aria-label') ?? element.textContent, ring: outlineStyle !== 'none' && outlineWidth !== '0px', inside: left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight }
    })
  const stops = []
  let played = null
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    const stop = await focused()
    if (stop.tag === 'BODY') break
    // The parts of a player are stops of their own, inside of it.
    if (stop.text !== stops.at(-1)?.text) stops.push(stop)
    if (stop.tag !== 'AUDIO' || played) continue
    await page.keyboard.press('Space')
    await page.waitForFunction(() => document.activeElement.currentTime > 0, undefined, { timeout: 10_000 })
    played = await page.evaluate(() => ({ duration: document.activeElement.duration, paused: document.activeElement.paused }))
  }
  await page.reload()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  const skippedTo = await page.evaluate(() => location.hash)

  const look = () =>
    page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body)
      const shown = (selector) => [...document.querySelectorAll(selector)].some((element) => element.checkVisibility())
      return { color, backgroundColor, nav: shown('nav'), audio: shown('audio'), pictures: shown('.clip img'), wider: document.documentElement.scrollWidth - innerWidth }
    })
  const looks = {}
  for (const [name, media, colorScheme, width] of [['light', 'screen', 'light', 1100], ['dark', 'screen', 'dark', 1100], ['narrow', 'screen', 'light', 390], ['paper', 'print', 'dark', 794]]) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ media, colorScheme })
    looks[name] = await look()
  }
  const pdf = await page.pdf({ format: 'A4' })
  console.log(JSON.stringify({ outside, stops, played, skippedTo, looks, pages: pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length }))
} finally {
  await browser.close()
}
