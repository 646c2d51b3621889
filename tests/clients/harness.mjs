// What the Node scripts share: a throw-away server, a browser without a window, and counted steps. The Python scripts'
// harness.py says more. `KENOMA_BIN` names the program under test; `tests/run` sets it.

import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { deflateSync } from 'node:zlib'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const PROGRAM = process.env.KENOMA_BIN ?? join(ROOT, 'target/release/kenoma')
const PATIENCE = 8000

/** `kenoma serve --ephemeral`, once it is ready. */
export async function serve(...users) {
  const child = spawn(PROGRAM, ['serve', '--ephemeral', '--json', ...users.flatMap(user => ['--user', user])], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) {
      const said = JSON.parse(line)
      return { ...said, stop: () => stop(child, ended, said.data_dir) }
    }
  }
  throw new Error(`${PROGRAM} ended before it was ready`)
}

/** Ends it as a test suite would, and checks that it leaves in order. */
async function stop(child, ended, folder) {
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  child.kill('SIGTERM')
  const [status] = await ended
  clearTimeout(timer)
  assert.equal(status, 0, `exit status ${status} after SIGTERM`)
  assert(!existsSync(folder), `${folder} was left behind`)
}

/** Counts the steps of a script; a step that fails is told with the server's answer, and the day goes on. */
export class Day {
  passed = 0
  failed = 0

  constructor(name) {
    this.name = name
  }

  async step(what, act) {
    try {
      await act()
      this.passed += 1
      console.log(`ok   ${this.name}: ${what}`)
    } catch (error) {
      this.failed += 1
      console.log(`FAIL ${this.name}: ${what}\n     ${String(error?.stack).replaceAll('\n', '\n     ')}`)
      const { config, response } = error ?? {}
      if (response) {
        console.log(`     ${config?.method} ${config?.url} answered ${response.status} ${JSON.stringify(response.data).slice(0, 2000)}`)
      }
    }
  }
}

/** Opens an authorize page, fills in its form and sends it, as a browser would. Answers the code. */
export async function authorize(url, name, password) {
  const page = await fetch(url)
  // Node 18, which Debian 12 has, knows no `getSetCookie`.
  const cookies = (page.headers.get('set-cookie') ?? '').split(/, (?=[^;,]+=)/).map(cookie => cookie.split(';')[0])
  const form = (await page.text()).match(/<form[\s\S]*?<\/form>/)[0]
  const typed = { 'authorization[name]': name, 'authorization[password]': password }
  const fields = [...form.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([tag]) => attributes(tag))
  const sent = fields
    .filter((field, at) => field.name && (field.type !== 'checkbox' || 'checked' in field))
    .filter((field, at, all) => field.type !== 'submit' || all.findIndex(other => other.type === 'submit') === at)
    .map(field => [field.name, typed[field.name] ?? field.value ?? ''])
  const answer = await fetch(new URL(attributes(form.match(/<form\b[^>]*>/)[0]).action, url), {
    method: 'POST',
    redirect: 'manual',
    headers: { Origin: new URL(url).origin, Referer: url, Cookie: cookies.join('; ') },
    body: new URLSearchParams(sent)
  })
  if (answer.status === 302 || answer.status === 303) {
    return new URL(answer.headers.get('location')).searchParams.get('code')
  }
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  return text.match(/<code>([^<]+)<\/code>/)[1]
}

/** The attributes of a tag, with the entities undone that a value may hold. */
function attributes(tag) {
  const found = {}
  for (const [, name, value] of tag.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)) {
    found[name] = (value ?? '').replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replaceAll('&quot;', '"').replaceAll('&amp;', '&')
  }
  return found
}

/** Looks again until something true is seen: some effects may take the few seconds that the interface allows. */
export async function eventually(look, patience = 5000) {
  const end = Date.now() + patience
  for (;;) {
    const seen = await look()
    if (seen) return seen
    assert(Date.now() < end, `nothing within ${patience} ms`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** A PNG of one colour and a stripe, without an image library. */
export function picture(width = 64, height = 48) {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc((width / 2) * 3, Buffer.from([200, 120, 40])), Buffer.alloc((width / 2) * 3)])
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.concat(Array(height).fill(row)))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0))
  ])
}

function chunk(kind, content) {
  const named = Buffer.concat([Buffer.from(kind), content])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(content.length, 0)
  named.copy(framed, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}

function crc32(bytes) {
  let sum = ~0
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1))
  }
  return ~sum >>> 0
}
