// A server of another make: Fedify's library looks our people and posts up, follows and is followed, hears and speaks. It checks
// every signature of ours, and signs its own by either standard: one house of it for each. Needs Node 22; `tests/run` fetches it.

import { strict as assert } from 'node:assert'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { Day, ROOT, eventually, picture, serve } from './harness.mjs'

const require = createRequire(join(ROOT, 'target', 'clients', 'package.json'))
const { MemoryKvStore, createFederation, generateCryptoKeyPair, parseNodeInfo } = require('@fedify/fedify')
const { Accept, Announce, Create, Delete, EmojiReact, Follow, Like, Mention, Note, PUBLIC_COLLECTION, Person, Undo, Update } =
  require('@fedify/fedify/vocab')

const SOON = 10_000
const ask = globalThis.fetch
const day = new Day('fedify')
const { url, users, stop } = await serve('alice', 'bob')

/** Calls our API as alice. */
async function api(method, path, form = {}) {
  const body = form instanceof FormData || method === 'GET' ? form : new URLSearchParams(form)
  const query = method === 'GET' ? `?${new URLSearchParams(form)}` : ''
  const answer = await ask(url + path + query, {
    method,
    headers: { Authorization: `Bearer ${users.alice.token}` },
    ...(method === 'GET' ? {} : { body })
  })
  const text = await answer.text()
  assert.equal(answer.status, 200, `${method} ${path} answered ${answer.status} ${text}`)
  return JSON.parse(text)
}

/** What Fedify sent to our inboxes: by which standard it was signed, and what we said to it. */
const sent = []
globalThis.fetch = async (...asked) => {
  const request = new Request(...asked)
  const by = standard(Object.fromEntries(request.headers))
  const answer = await ask(request)
  if (request.method === 'POST' && answer.url.startsWith(url)) sent.push({ by, status: answer.status })
  return answer
}

/** Which standard signed a request. */
const standard = headers => (headers['signature-input'] ? 'rfc9421' : headers.signature ? 'cavage' : 'none')

/** A server with one person, `robot`, that takes one standard of signatures only and begins with it too. */
async function house(takes) {
  const key = await generateCryptoKeyPair('RSASSA-PKCS1-v1_5')
  const heard = []
  const federation = createFederation({
    kv: new MemoryKvStore(),
    allowPrivateAddress: true,
    firstKnock: takes === 'cavage' ? 'draft-cavage-http-signatures-12' : 'rfc9421'
  })
  federation
    .setActorDispatcher('/people/{identifier}', async (context, identifier) => {
      if (identifier !== 'robot') return null
      const keys = await context.getActorKeyPairs(identifier)
      return new Person({
        id: context.getActorUri(identifier),
        preferredUsername: identifier,
        name: `Robot of ${takes}`,
        inbox: context.getInboxUri(identifier),
        endpoints: null,
        publicKey: keys[0].cryptographicKey,
        assertionMethods: keys.map(one => one.multikey)
      })
    })
    .setKeyPairsDispatcher((_, identifier) => (identifier === 'robot' ? [key] : []))
  federation.setObjectDispatcher(Note, '/notes/{number}', () => null)
  // Only what is signed rightly comes here.
  const listeners = federation.setInboxListeners('/people/{identifier}/inbox', '/inbox')
  for (const kind of [Accept, Announce, Create, Delete, EmojiReact, Follow, Like, Undo, Update]) {
    listeners.on(kind, async (context, activity) => {
      heard.push(activity)
      if (!(activity instanceof Follow)) return
      const [follower, id] = [await activity.getActor(context), new URL(`#accepts/${heard.length}`, activity.objectId)]
      await context.sendActivity({ identifier: 'robot' }, follower, new Accept({ id, actor: activity.objectId, object: activity }))
    })
  }
  const arrived = []
  const server = createServer(async (request, answer) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const by = standard(request.headers)
    const refuse = status => answer.writeHead(status).end()
    if (request.method === 'POST' && by !== takes) {
      arrived.push({ by, status: 401 })
      return refuse(401)
    }
    const body = request.method === 'POST' ? Buffer.concat(chunks) : undefined
    const asked = new Request(`${base}${request.url}`, { method: request.method, headers: request.headers, body })
    const said = await federation.fetch(asked, { onNotFound: () => new Response('nothing', { status: 404 }) })
    if (body) arrived.push({ by, status: said.status })
    answer.writeHead(said.status, Object.fromEntries(said.headers)).end(Buffer.from(await said.arrayBuffer()))
  })
  await new Promise(listening => server.listen(0, '127.0.0.1', listening))
  const base = `http://127.0.0.1:${server.address().port}`
  const context = federation.createContext(new URL(base), undefined)
  const robot = context.getActorUri('robot')
  let number = 0
  return {
    takes, base, context, robot, heard, arrived,
    acct: `robot@${new URL(base).host}`,
    id: kind => new URL(`/${kind}/${(number += 1)}`, base),
    say: (to, activity) => context.sendActivity({ identifier: 'robot' }, to, activity),
    /** Waits for an activity of a kind, checked by Fedify. */
    hears: (kind, is = () => true) => eventually(() => heard.find(one => one instanceof kind && is(one)), SOON),
    close: () => server.close()
  }
}

const texts = list => list.map(one => one.pleroma.content['text/plain'])
const notified = async (kind, acct) =>
  (await api('GET', '/api/v1/notifications', { 'types[]': kind })).filter(one => one.account.acct === acct)

await day.step('prepare a profile and a post with all that they may have', async () => {
  const form = new FormData()
  form.set('display_name', 'Alice of Tests')
  form.set('note', 'Down the rabbit hole')
  form.set('fields_attributes[0][name]', 'Web')
  form.set('fields_attributes[0][value]', 'https://alice.example')
  form.set('avatar', new File([picture()], 'avatar.png', { type: 'image/png' }))
  await api('PATCH', '/api/v1/accounts/update_credentials', form)
})
const upload = new FormData()
upload.set('file', new File([picture()], 'stripe.png', { type: 'image/png' }))
upload.set('description', 'A stripe')
const media = await api('POST', '/api/v1/media', upload)
const post = await api('POST', '/api/v1/statuses', {
  status: 'Hello @bob from #kenoma', spoiler_text: 'careful', language: 'en', 'media_ids[]': media.id
})

const houses = [await house('cavage'), await house('rfc9421')]
await day.step('Fedify reads what this server says of itself', async () => {
  // Its own way there leads to public addresses only.
  const { links } = await (await ask(`${url}/.well-known/nodeinfo`)).json()
  const about = links.findLast(link => link.rel.startsWith('http://nodeinfo.diaspora.software/'))
  const found = parseNodeInfo(await (await ask(about.href)).json())
  assert.equal(found.software.name, 'kenoma')
  assert.deepEqual(found.protocols, ['activitypub'])
  assert.equal(found.usage.users.total, 2)
})
for (const one of houses) {
  const { context, takes } = one
  let alice, account
  await day.step(`${takes}: find somebody by address and by web finger`, async () => {
    const finger = await context.lookupWebFinger(new URL(`${url}/users/alice`))
    assert.equal(finger.subject, `acct:alice@${new URL(url).host}`)
    const self = finger.links.find(link => link.rel === 'self')
    alice = await context.lookupObject(self.href)
    assert(alice instanceof Person)
    assert.deepEqual([alice.preferredUsername, alice.name, alice.summary], ['alice', 'Alice of Tests', '<p>Down the rabbit hole</p>'])
    assert.equal((await ask((await alice.getIcon()).url)).headers.get('content-type'), 'image/png')
    const fields = []
    for await (const field of alice.getAttachments()) fields.push(String(field.name))
    assert.deepEqual(fields, ['Web'])
    assert((await alice.getPublicKey()).publicKey)
  })
  await day.step(`${takes}: read a post, and the outbox`, async () => {
    const note = await context.lookupObject(post.uri)
    assert(note instanceof Note)
    assert.match(String(note.content), /Hello/)
    assert.equal(String(note.summary), 'careful')
    assert.equal(note.attributionId.href, alice.id.href)
    const [names, hrefs] = [[], []]
    for await (const file of note.getAttachments()) names.push(String(file.name))
    for await (const tag of note.getTags()) hrefs.push(`${tag.constructor.name} ${tag.href}`)
    assert.deepEqual(names, ['A stripe'])
    assert.deepEqual(hrefs.sort(), [`Hashtag ${url}/tag/kenoma`, `Mention ${url}/users/bob`])
    const items = []
    for await (const item of context.traverseCollection(await alice.getOutbox())) items.push(item)
    const [first] = items.slice(-1)
    assert(first instanceof Create)
    assert.equal(first.objectId.href, post.uri)
  })
  await day.step(`${takes}: be found, and be followed`, async () => {
    const found = await api('GET', '/api/v2/search', { q: `@${one.acct}`, resolve: true })
    account = found.accounts[0]
    assert.deepEqual([account.acct, account.display_name], [one.acct, `Robot of ${takes}`])
    await api('POST', `/api/v1/accounts/${account.id}/follow`)
    assert.equal((await one.hears(Follow)).actorId.href, alice.id.href)
    const relationship = async () => (await api('GET', '/api/v1/accounts/relationships', { 'id[]': account.id }))[0]
    await eventually(async () => (await relationship()).following, SOON)
  })
  await day.step(`${takes}: follow, and be told that it is granted`, async () => {
    await one.say(alice, new Follow({ id: one.id('follows'), actor: one.robot, object: alice.id }))
    await one.hears(Accept)
    await eventually(async () => (await notified('follow', one.acct)).length, SOON)
    const followers = await api('GET', `/api/v1/accounts/${users.alice.id}/followers`)
    assert(followers.some(follower => follower.acct === one.acct))
  })
  await day.step(`${takes}: hear a post, its change and its end`, async () => {
    const said = await api('POST', '/api/v1/statuses', { status: `for ${takes}` })
    const is = activity => activity.objectId.href === said.uri
    const note = await (await one.hears(Create, is)).getObject(context)
    assert.match(String(note.content), new RegExp(takes))
    await api('PUT', `/api/v1/statuses/${said.id}`, { status: 'changed' })
    assert.match(String((await (await one.hears(Update, is)).getObject(context)).content), /changed/)
    await api('DELETE', `/api/v1/statuses/${said.id}`)
    await one.hears(Delete, is)
  })
  await day.step(`${takes}: speak to somebody, who favourites, reacts, boosts and answers`, async () => {
    const id = one.id('notes')
    const note = new Note({
      id, attribution: one.robot, content: `<p>hi alice, says ${takes}</p>`, to: PUBLIC_COLLECTION, cc: alice.id,
      tags: [new Mention({ href: alice.id, name: `@alice@${new URL(url).host}` })]
    })
    await one.say(alice, new Create({ id: one.id('creates'), actor: one.robot, object: note, to: PUBLIC_COLLECTION, cc: alice.id }))
    const told = await eventually(async () => (await notified('mention', one.acct))[0], SOON)
    assert.deepEqual([told.status.uri, ...texts([told.status])], [id.href, `hi alice, says ${takes}`])
    const about = activity => activity.objectId?.href === id.href
    await api('POST', `/api/v1/statuses/${told.status.id}/favourite`)
    await one.hears(Like, about)
    await api('PUT', `/api/v1/pleroma/statuses/${told.status.id}/reactions/☕`)
    await one.hears(EmojiReact, about)
    await api('POST', `/api/v1/statuses/${told.status.id}/reblog`)
    await one.hears(Announce, about)
    await api('POST', `/api/v1/statuses/${told.status.id}/unfavourite`)
    await one.hears(Undo)
    const answer = await api('POST', '/api/v1/statuses', { status: `@${one.acct} hi robot`, in_reply_to_id: told.status.id })
    const heard = await (await one.hears(Create, activity => activity.objectId.href === answer.uri)).getObject(context)
    assert.equal(heard.replyTargetId.href, id.href)
  })
  await day.step(`${takes}: like and boost a post, take the like back, delete an own post`, async () => {
    const counts = async () => {
      const now = await api('GET', `/api/v1/statuses/${post.id}`)
      return [now.favourites_count, now.reblogs_count]
    }
    const before = await counts()
    const object = new URL(post.uri)
    const like = new Like({ id: one.id('likes'), actor: one.robot, object })
    await one.say(alice, like)
    await one.say(alice, new Announce({ id: one.id('announces'), actor: one.robot, object, to: PUBLIC_COLLECTION, cc: alice.id }))
    await eventually(async () => String(await counts()) === String(before.map(count => count + 1)), SOON)
    await one.say(alice, new Undo({ id: one.id('undos'), actor: one.robot, object: like }))
    await eventually(async () => String(await counts()) === String([before[0], before[1] + 1]), SOON)
    const [{ status }] = await notified('mention', one.acct)
    await one.say(alice, new Delete({ id: one.id('deletes'), actor: one.robot, object: new URL(status.uri), to: PUBLIC_COLLECTION }))
    await eventually(async () => (await notified('mention', one.acct)).length === 0, SOON)
  })
  await day.step(`${takes}: what Fedify took was signed by that standard, and it takes nothing else`, async () => {
    const taken = one.arrived.filter(request => request.status < 300)
    assert(taken.length >= one.heard.length)
    assert(taken.every(request => request.by === takes))
    const knocks = one.arrived.filter(request => request.status === 401)
    // By the other standard we ask once, and remember.
    assert.deepEqual(knocks.map(request => request.by), takes === 'cavage' ? [] : ['cavage'])
    const forged = JSON.stringify({ ...(await one.heard[0].toJsonLd()), id: `${url}/activities/forged` })
    const headers = { 'content-type': 'application/activity+json' }
    const unsigned = await ask(`${one.base}/inbox`, { method: 'POST', body: forged, headers })
    assert.equal(unsigned.status, 401)
  })
}
await day.step('all that Fedify signed, by both standards, was taken at once', async () => {
  for (const { takes } of houses) assert(sent.filter(one => one.by === takes).length >= 6, JSON.stringify(sent))
  assert(sent.every(one => one.by !== 'none' && one.status === 202), JSON.stringify(sent))
})
await day.step('the server leaves in order', stop)
houses.forEach(one => one.close())
console.log(`fedify: ${day.passed} passed, ${day.failed} failed`)
process.exit(day.failed || !day.passed ? 1 : 0)
