// The login pages in a real browser, on a phone and on a desk, by day and by night: authorize, the second factor from its
// set-up to its end, backup codes, and what goes wrong on the way. Screenshots are left in target/pages/ for people to look at.

import { strict as assert } from 'node:assert'
import { createHmac } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { Day, ROOT, serve } from '../clients/harness.mjs'

const require = createRequire(join(ROOT, 'target', 'clients', 'package.json'))
const { chromium } = require('playwright-core')
const readQr = require('jsqr')

const FOLDER = join(ROOT, 'target', 'pages')
const VIEWS = [
  { name: 'phone-light', colorScheme: 'light', viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  { name: 'narrow-dark', colorScheme: 'dark', viewport: { width: 320, height: 568 } },
  { name: 'desk-light', colorScheme: 'light', viewport: { width: 1280, height: 800 } }
]
const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update',
  '--disable-default-apps', '--disable-sync', '--no-first-run'
]

mkdirSync(FOLDER, { recursive: true })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: QUIET })
const client = await clientPage()
let passed = 0
let failed = 0
for (const view of VIEWS) await spendADay(view)
await browser.close()
client.close()
console.log(`login pages: ${passed} passed, ${failed} failed`)
process.exit(failed || !passed ? 1 : 0)

async function spendADay({ name, ...options }) {
  const day = new Day(`pages ${name}`)
  const step = (what, act) => day.step(what, act)
  const server = await serve('alice')
  const context = await browser.newContext({ ...options, locale: 'en' })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const troubles = []
  page.on('pageerror', error => troubles.push(`error: ${error}`))
  page.on('console', message => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && troubles.push(message.text()))
  page.on('request', request => {
    const { origin } = new URL(request.url())
    if (![server.url, client.origin, 'null'].includes(origin)) troubles.push(`asked ${request.url()}`)
  })
  const app = await register(server.url)
  let shot = 0
  const look = async what => {
    shot += 1
    await page.screenshot({ path: join(FOLDER, `${name}-${String(shot).padStart(2, '0')}-${what}.png`), fullPage: true })
    await readable(page)
  }
  const open = state => page.goto(`${server.url}/oauth/authorize?${new URLSearchParams({
    response_type: 'code', client_id: app.client_id, redirect_uri: client.address, scope: 'read write', state, force_login: 'true'
  })}`)
  const logIn = async (password = 'alice-password') => {
    await page.getByLabel('Name or e-mail address').fill('alice')
    await page.getByLabel('Password').fill(password)
    await page.getByLabel('Password').press('Enter')
  }
  const arrived = async state => {
    await page.waitForURL(url => url.href.startsWith(client.address))
    const { searchParams } = new URL(page.url())
    assert.equal(searchParams.get('state'), state)
    const token = await exchange(server.url, app, searchParams.get('code'))
    const me = await fetch(`${server.url}/api/v1/accounts/verify_credentials`, { headers: { Authorization: `Bearer ${token}` } })
    assert.equal((await me.json()).username, 'alice')
  }
  const problem = async text => assert.match(await page.getByRole('alert').innerText(), text)
  let key, codes

  await step('the login page says who asks for what', async () => {
    await open('one')
    assert.match(await page.locator('main').innerText(), /Probe asks to use your account/)
    assert.equal(await page.evaluate(() => document.activeElement.name), 'authorization[name]')
    await look('login')
  })
  await step('a wrong password is told, and the name is kept', async () => {
    await logIn('wrong')
    await problem(/Invalid Username\/Password/)
    assert.equal(await page.getByLabel('Name or e-mail address').inputValue(), 'alice')
    await look('wrong-password')
  })
  await step('the right password leads back to the client', async () => {
    await logIn()
    await arrived('one')
  })
  await step('a stranger client gets an error page and no form', async () => {
    await page.goto(`${server.url}/oauth/authorize?response_type=code&client_id=unknown&redirect_uri=https://evil.example/`)
    assert.equal(await page.locator('form').count(), 0)
    await look('unknown-client')
  })

  await step('setting up shows a QR code that a camera can read', async () => {
    await page.goto(`${server.url}/auth/mfa`)
    await look('mfa-password')
    await logIn()
    key = await page.locator('code').innerText()
    const uri = await page.getByRole('link', { name: 'open the app' }).getAttribute('href')
    assert.equal(new URL(uri).searchParams.get('secret'), key)
    assert.equal(await scanned(page), uri)
    await look('mfa-qr')
  })
  await step('a wrong code is told, and the same QR code is shown again', async () => {
    await page.getByLabel('six-digit code').fill('000000')
    await page.getByRole('button', { name: 'Switch it on' }).click()
    await problem(/This code is wrong/)
    assert.equal(await page.locator('code').innerText(), key)
    await look('mfa-wrong-first-code')
  })
  await step('the right code switches it on and shows backup codes', async () => {
    await page.getByLabel('six-digit code').fill(totp(key))
    await page.getByRole('button', { name: 'Switch it on' }).click()
    await page.getByText('Each of these codes logs you in once').waitFor()
    codes = await page.locator('.codes code').allInnerTexts()
    assert.equal(codes.length, 5)
    assert(codes.every(code => /^[0-9a-f]{16}$/.test(code)))
    await look('mfa-backup-codes')
  })

  await step('a login asks for the code, and is not content with another', async () => {
    await open('two')
    await logIn()
    await page.getByRole('heading', { name: 'Two-factor authentication' }).waitFor()
    assert.equal(await page.evaluate(() => document.activeElement.name), 'mfa[code]')
    assert(!page.url().includes('mfa_token'), 'the name of the login is in no address')
    await look('code')
    await page.getByLabel('Six-digit code').fill('12')
    await page.getByLabel('Six-digit code').press('Enter')
    await problem(/Two-factor authentication failed/)
    await look('wrong-code')
  })
  await step('the code of the next half minute is right', async () => {
    await page.getByLabel('Six-digit code').fill(totp(key, 1))
    await page.getByLabel('Six-digit code').press('Enter')
    await arrived('two')
  })
  await step('a backup code does it too, once', async () => {
    for (const [state, isRight] of [['three', true], ['four', false]]) {
      await open(state)
      await logIn()
      await page.getByRole('button', { name: 'Use a backup code' }).click()
      await page.getByRole('heading', { name: 'Two-factor recovery' }).waitFor()
      if (isRight) await look('recovery')
      await page.getByLabel('Backup code').fill(codes[0])
      await page.getByLabel('Backup code').press('Enter')
      await (isRight ? arrived(state) : problem(/Two-factor authentication failed/))
    }
  })
  await step('five wrong codes end the login', async () => {
    for (let wrong = 1; wrong < 5; wrong += 1) {
      await page.getByLabel('Backup code').fill('0')
      await page.getByLabel('Backup code').press('Enter')
      await page.waitForLoadState()
    }
    await page.getByText('This login is over').waitFor()
    assert.equal(await page.locator('form').count(), 0)
    await look('login-over')
  })
  await step('it is switched off with a backup code, and the password is enough again', async () => {
    await page.goto(`${server.url}/auth/mfa`)
    await logIn()
    await look('mfa-on')
    await page.getByLabel('A code of your authenticator app').fill(codes[1])
    await page.getByRole('button', { name: 'Switch it off' }).click()
    await page.getByText('It is switched off').waitFor()
    await look('mfa-off')
    await open('five')
    await logIn()
    await arrived('five')
  })
  await step('no page had an error, broke its own policy or asked another server', async () => {
    assert.deepEqual(troubles, [])
  })
  await step('the server leaves in order', () => server.stop())
  await context.close()
  passed += day.passed
  failed += day.failed
}

/** A client that people are sent back to. */
async function clientPage() {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<link rel="icon" href="data:,"><p>Welcome back'))
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  return { origin, address: `${origin}/callback`, close: () => server.close() }
}

async function register(url) {
  const form = new URLSearchParams({ client_name: 'Probe', redirect_uris: client.address, scopes: 'read write' })
  return (await fetch(`${url}/api/v1/apps`, { method: 'POST', body: form })).json()
}

async function exchange(url, app, code) {
  const form = new URLSearchParams({
    grant_type: 'authorization_code', client_id: app.client_id, client_secret: app.client_secret, redirect_uri: client.address, code
  })
  const answer = await fetch(`${url}/oauth/token`, { method: 'POST', body: form })
  assert.equal(answer.status, 200, await answer.clone().text())
  return (await answer.json()).access_token
}

/** What an authenticator app shows now, or so many steps later (RFC 6238). */
function totp(key, steps = 0) {
  const bits = [...key].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const secret = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

/** Reads the QR code off the picture that the browser paints. */
async function scanned(page) {
  const shot = (await page.locator('svg.qr').screenshot()).toString('base64')
  const { data, width, height } = await page.evaluate(async shot => {
    const image = new Image()
    image.src = `data:image/png;base64,${shot}`
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    const paper = canvas.getContext('2d')
    paper.drawImage(image, 0, 0)
    return { data: [...paper.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height }
  }, shot)
  return readQr(Uint8ClampedArray.from(data), width, height)?.data
}

/** Nothing sticks out to the side, touch targets are large enough, and every text stands out from its ground (WCAG AA). */
async function readable(page) {
  const faults = await page.evaluate(() => {
    const faults = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide on a screen of ${root.clientWidth}`)
    const parts = color => color.match(/[\d.]+/g).map(Number)
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map(value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      return 0.2126 * x + 0.7152 * y + 0.0722 * z
    }
    const ground = element => {
      for (; element; element = element.parentElement) {
        const color = parts(getComputedStyle(element).backgroundColor)
        if (color.length === 3 || color[3] > 0) return color
      }
      return [255, 255, 255]
    }
    for (const element of document.querySelectorAll('main *')) {
      const text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
      if (!(text || element.matches('input')) || !element.checkVisibility() || element.matches('[type=hidden]')) continue
      const [one, other] = [light(parts(getComputedStyle(element).color)), light(ground(element))]
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
      if (contrast < 4.5) faults.push(`<${element.localName}> ${element.textContent.trim().slice(0, 30)}: contrast ${contrast.toFixed(2)}`)
    }
    for (const element of document.querySelectorAll('main button, main input:not([type=hidden], [type=checkbox])')) {
      const { height } = element.getBoundingClientRect()
      if (height < 40) faults.push(`<${element.localName}> is ${height} high`)
    }
    return faults
  })
  assert.deepEqual(faults, [])
}
