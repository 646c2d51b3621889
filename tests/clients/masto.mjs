// A day with masto.js: its calls, and above all its streaming, which drops every event whose `stream` lacks a name.
// megalodon's WebSocket listens beside it.

import { strict as assert } from 'node:assert'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { Day, ROOT, serve } from './harness.mjs'
import { surface, walk, watch } from './surface_masto.mjs'

// masto.js uses it and Node got it in version 22; Debian's is older.
Promise.withResolvers ??= function () {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}

const require = createRequire(join(ROOT, 'target', 'clients', 'package.json'))
const ws = require('ws')

/** Those who wait for a subscription to be on its way: masto.js connects when it likes, and tells nobody. */
const waiting = []
class Socket extends ws {
  send(text, ...more) {
    super.send(text, ...more)
    if (JSON.parse(text).type === 'subscribe') waiting.splice(0).forEach(tell => tell())
  }
}
// masto.js reads its constants from here, whatever implementation it is given.
globalThis.WebSocket ??= ws
const masto = join(ROOT, 'target', 'clients', 'node_modules', 'masto', 'dist', 'index.js')
const { createRestAPIClient, createStreamingAPIClient } = await import(pathToFileURL(masto))
const { default: generator } = require('megalodon')

const day = new Day('masto.js')
const step = (what, act) => day.step(what, act)
const server = await serve('alice', 'bob', 'root:admin')
const { url, users } = server
const watched = surface(join(dirname(masto), 'mastodon'))
const rest = name => watch(watched, createRestAPIClient({ url, accessToken: users[name].token }))
const [alice, bob, admin] = ['alice', 'bob', 'root'].map(rest)
const streaming = createStreamingAPIClient({
  accessToken: users.alice.token,
  streamingApiUrl: url.replace('http', 'ws'),
  implementation: Socket
})

/** The first event of a subscription that is wanted, while something is done. */
async function first(subscription, wanted, act) {
  const subscribed = new Promise(resolve => waiting.push(resolve))
  const seeing = (async () => {
    for await (const event of subscription) {
      if (wanted(event)) return event
    }
  })()
  const late = new Promise((_, reject) => setTimeout(reject, 8000, new Error('no event within 8 s')).unref())
  await Promise.race([subscribed, late])
  // The server reads the frame meanwhile.
  await new Promise(resolve => setTimeout(resolve, 200))
  const [seen] = await Promise.race([Promise.all([seeing, act()]), late])
  return seen
}

const post = (who, status, more = {}) => who.v1.statuses.create({ status, ...more })
const is = name => event => event.event === name
let list

await step('the instance names its streaming address', async () => {
  const instance = await alice.v2.instance.fetch()
  assert.match(instance.configuration.urls.streaming, /^ws:\/\/127\.0\.0\.1:\d+$/)
})
await step('user: a post of somebody followed', async () => {
  await alice.v1.accounts.$select(users.bob.id).follow()
  const event = await first(streaming.user.subscribe(), is('update'), () => post(bob, 'hello alice'))
  assert.deepEqual(event.stream, ['user'])
  assert.match(event.payload.content, /hello alice/)
})
await step('user: a deletion', async () => {
  const gone = await post(bob, 'not for long')
  const event = await first(streaming.user.subscribe(), is('delete'), () => bob.v1.statuses.$select(gone.id).remove())
  assert.equal(event.payload, gone.id)
})
await step('user: an edit', async () => {
  const old = await post(bob, 'first words')
  const edit = () => bob.v1.statuses.$select(old.id).update({ status: 'second words' })
  const event = await first(streaming.user.subscribe(), is('status.update'), edit)
  assert.match(event.payload.content, /second words/)
})
await step('user: changed filters', async () => {
  const make = () => alice.v2.filters.create({ title: 'cats', context: ['home'], filterAction: 'warn', keywordsAttributes: [{ keyword: 'cat' }] })
  const event = await first(streaming.user.subscribe(), is('filters_changed'), make)
  assert.deepEqual(event.stream, ['user'])
})
await step('user notifications', async () => {
  const event = await first(streaming.user.notification.subscribe(), is('notification'), () => post(bob, '@alice look'))
  assert.equal(event.payload.type, 'mention')
  assert.equal(event.payload.status.account.username, 'bob')
})
await step('direct messages', async () => {
  const whisper = () => post(bob, '@alice psst', { visibility: 'direct' })
  const event = await first(streaming.direct.subscribe(), is('conversation'), whisper)
  assert.match(event.payload.lastStatus.content, /psst/)
})
await step('the public timeline, and that of this server', async () => {
  for (const channel of [() => streaming.public.subscribe(), () => streaming.public.local.subscribe()]) {
    const event = await first(channel(), is('update'), () => post(bob, 'to everybody'))
    assert.match(event.payload.content, /to everybody/)
  }
})
await step('a hashtag, in the spelling of the client', async () => {
  const event = await first(streaming.hashtag.subscribe({ tag: 'Rust' }), is('update'), () => post(bob, 'about #rust'))
  assert.deepEqual(event.stream, ['hashtag', 'Rust'])
})
await step('a hashtag of this server', async () => {
  const event = await first(streaming.hashtag.local.subscribe({ tag: 'rust' }), is('update'), () => post(bob, 'more #rust'))
  assert.deepEqual(event.stream, ['hashtag:local', 'rust'])
})
await step('a list', async () => {
  list = await alice.v1.lists.create({ title: 'friends' })
  await alice.v1.lists.$select(list.id).accounts.create({ accountIds: [users.bob.id] })
  const event = await first(streaming.list.subscribe({ list: list.id }), is('update'), () => post(bob, 'to the list'))
  assert.deepEqual(event.stream, ['list', list.id])
})
await step('two subscriptions on one connection, one after the other', async () => {
  const user = await first(streaming.user.subscribe(), is('update'), () => post(bob, 'one'))
  const everybody = await first(streaming.public.subscribe(), is('update'), () => post(bob, 'two'))
  assert.match(user.payload.content, /one/)
  assert.match(everybody.payload.content, /two/)
})
await step('a push subscription', async () => {
  const keys = {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg'
  }
  const made = await alice.v1.push.subscription.create({
    subscription: { endpoint: 'https://push.example/one', keys },
    data: { alerts: { mention: true } },
    policy: 'all'
  })
  assert.equal(made.alerts.mention, true)
  assert.equal((await alice.v1.push.subscription.fetch()).endpoint, 'https://push.example/one')
  const changed = await alice.v1.push.subscription.update({ data: { alerts: { follow: true } }, policy: 'followed' })
  assert.equal(changed.policy, 'followed')
  await alice.v1.push.subscription.remove()
  await assert.rejects(alice.v1.push.subscription.fetch(), error => error.statusCode === 404)
})

/** What megalodon's socket hears first of a kind, while something is done. */
async function megalodon(kind, how, event, act) {
  const client = generator(kind, url, users.alice.token)
  const socket = await client[how]()
  try {
    const heard = new Promise((resolve, reject) => {
      socket.on(event, resolve)
      socket.on('error', reject)
      setTimeout(() => reject(new Error(`no ${event} within 8 s`)), 8000)
    })
    await new Promise(resolve => socket.on('connect', resolve))
    await new Promise(resolve => setTimeout(resolve, 300))
    const [seen] = await Promise.all([heard, act()])
    return seen
  } finally {
    socket.stop()
  }
}

for (const kind of ['pleroma', 'mastodon']) {
  await step(`megalodon as ${kind}: user`, async () => {
    const seen = await megalodon(kind, 'userStreaming', 'update', () => post(bob, `hello ${kind}`))
    assert.match(seen.content, new RegExp(`hello ${kind}`))
  })
  await step(`megalodon as ${kind}: notification`, async () => {
    const seen = await megalodon(kind, 'userStreaming', 'notification', () => post(bob, `@alice for ${kind}`))
    assert.equal(seen.type, 'mention')
  })
  await step(`megalodon as ${kind}: local timeline and deletion`, async () => {
    const gone = await post(bob, 'going')
    const seen = await megalodon(kind, 'localStreaming', 'delete', () => bob.v1.statuses.$select(gone.id).remove())
    assert.equal(seen, gone.id)
  })
  await step(`megalodon as ${kind}: direct messages`, async () => {
    const whisper = () => post(bob, '@alice psst', { visibility: 'direct' })
    const seen = await megalodon(kind, 'directStreaming', 'conversation', whisper)
    assert.match(seen.last_status.content, /psst/)
  })
}

await walk({ step, url, admin, alice, bob, users })
await step('the whole library is used, or it is said why not', () => watched.end())
await step('the server leaves in order while streams are open', async () => {
  const leaving = server.stop()
  streaming.close()
  await leaving
})
console.log(`masto.js: ${day.passed} passed, ${day.failed} failed`)
process.exit(day.failed || !day.passed ? 1 : 0)
