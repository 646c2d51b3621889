// A user's day with megalodon, once as a Pleroma client and once as what its detector takes the server for.

import { strict as assert } from 'node:assert'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Day, ROOT, authorize, eventually, picture, serve } from './harness.mjs'
import { surface, walk } from './surface_megalodon.mjs'

const { default: library, detector } = createRequire(join(ROOT, 'target', 'clients', 'package.json'))('megalodon')

const SCOPES = ['read', 'write', 'follow', 'push']
const folder = mkdtempSync(join(tmpdir(), 'kenoma-megalodon-'))
const file = join(folder, 'stripe.png')
writeFileSync(file, picture())

let passed = 0
let failed = 0
await spendADay('megalodon as pleroma', async () => 'pleroma')
await spendADay('megalodon as detected', url => detector(url))
rmSync(folder, { recursive: true })
console.log(`megalodon: ${passed} passed, ${failed} failed`)
process.exit(failed || !passed ? 1 : 0)

async function spendADay(name, kindOf) {
  const day = new Day(name)
  const step = (what, act) => day.step(what, act)
  const server = await serve('alice', 'bob', 'root:admin')
  const { url } = server
  // Every client of this day is watched for which of its methods are called.
  let watched
  const generator = (kind, ...more) => {
    const client = library(kind, ...more)
    watched ??= surface(kind, client)
    return watched.watch(client)
  }
  let kind, app, alice, bob, me, post, reply, mention
  const ids = list => list.map(entity => entity.id)
  const refused = (promise, status) =>
    promise.then(
      () => assert.fail('it was not refused'),
      error => assert.equal(error.response?.status, status, error)
    )

  // megalodon has no password grant: a plain request, as its users write it.
  async function byPassword(name) {
    const answer = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'password', client_id: app.client_id, client_secret: app.client_secret,
        username: name, password: `${name}-password`, scope: SCOPES.join(' ')
      })
    })
    assert.equal(answer.status, 200, await answer.clone().text())
    return generator(kind, url, (await answer.json()).access_token)
  }

  // As a Mastodon client, megalodon offers no emoji reactions: plain requests with its token.
  async function react(who, method, id, emoji) {
    if (kind === 'pleroma') {
      const { data } = await (method === 'PUT' ? who.createEmojiReaction(id, emoji) : who.deleteEmojiReaction(id, emoji))
      return data.emoji_reactions
    }
    const target = `${url}/api/v1/pleroma/statuses/${id}/reactions/${encodeURIComponent(emoji)}`
    const answer = await fetch(target, { method, headers: { Authorization: `Bearer ${who.client.accessToken}` } })
    assert.equal(answer.status, 200, await answer.clone().text())
    return (await answer.json()).pleroma.emoji_reactions
  }

  await step('what kind of server this is', async () => {
    kind = await kindOf(url)
    assert(['pleroma', 'mastodon'].includes(kind), kind)
  })
  await step('register an app', async () => {
    app = await generator(kind, url).registerApp('Day', { scopes: SCOPES, website: 'https://example.com' })
    assert(app.client_id && app.client_secret && app.url)
  })
  await step('log in on the authorize page', async () => {
    const code = await authorize(app.url, 'alice', 'alice-password')
    const token = await generator(kind, url).fetchAccessToken(app.client_id, app.client_secret, code)
    alice = generator(kind, url, token.access_token)
    me = (await alice.verifyAccountCredentials()).data
    assert.equal(me.username, 'alice')
  })
  await step('log in with name and password', async () => {
    bob = await byPassword('bob')
    assert.equal((await bob.verifyAccountCredentials()).data.acct, 'bob')
  })
  await step("the token's app", async () => {
    assert.equal((await alice.verifyAppCredentials()).data.name, 'Day')
  })
  await step('what this server is', async () => {
    const { data } = await alice.getInstance()
    assert.match(data.version, /kenoma/)
    assert(data.configuration.statuses.max_characters >= 5000)
    assert.deepEqual((await alice.getInstanceCustomEmojis()).data, [])
  })
  await step('update the profile', async () => {
    const fields = [{ name: 'Pronouns', value: 'she/her' }]
    const { data } = await alice.updateCredentials({ display_name: 'Alice of Node', note: 'Runs in tests', fields_attributes: fields })
    assert.equal(data.display_name, 'Alice of Node')
    assert.equal(data.fields[0].value, 'she/her')
    assert.equal((await bob.getAccount(me.id)).data.display_name, 'Alice of Node')
    assert.equal((await fetch(data.avatar)).status, 200)
  })
  await step('an avatar', async () => {
    // The library takes a ready-made string and sends it in JSON, as a data URI.
    const avatar = `data:image/png;base64,${picture().toString('base64')}`
    const { data } = await alice.updateCredentials({ avatar })
    assert.equal((await fetch(data.avatar)).headers.get('content-type'), 'image/png')
    assert.notEqual(data.avatar, me.avatar)
  })
  await step('follow, and be told', async () => {
    assert((await bob.followAccount(me.id)).data.following)
    assert((await bob.getRelationship(me.id)).data.following)
    assert.deepEqual((await alice.getAccountFollowers(me.id)).data.map(account => account.acct), ['bob'])
    await eventually(async () => (await alice.getNotifications()).data.some(one => one.type === 'follow'))
  })
  await step('upload, and post with media and alt text', async () => {
    const media = (await alice.uploadMedia(createReadStream(file), { description: 'A stripe' })).data
    assert.equal(media.description, 'A stripe')
    assert.equal((await alice.updateMedia(media.id, { description: 'An orange stripe' })).data.description, 'An orange stripe')
    post = (await alice.postStatus('Hello #node, this is @bob', { media_ids: [media.id], language: 'en', visibility: 'public' })).data
    assert.equal(post.media_attachments[0].description, 'An orange stripe')
    assert.deepEqual(post.mentions.map(mention => mention.acct), ['bob'])
    assert.deepEqual(post.tags.map(tag => tag.name), ['node'])
    assert.equal((await fetch(post.media_attachments[0].url)).headers.get('content-type'), 'image/png')
  })
  await step('post behind a warning, for followers and direct', async () => {
    const hidden = { spoiler_text: 'Careful', sensitive: true, visibility: 'private' }
    const secret = (await alice.postStatus('For followers', hidden)).data
    assert.deepEqual([secret.spoiler_text, secret.sensitive, secret.visibility], ['Careful', true, 'private'])
    assert.equal((await bob.getStatus(secret.id)).data.id, secret.id)
    const direct = (await bob.postStatus('To myself', { visibility: 'direct' })).data
    await refused(alice.getStatus(direct.id), 404)
  })
  await step('read home, local and tag timelines', async () => {
    for (const { data } of [await bob.getHomeTimeline(), await bob.getLocalTimeline(), await bob.getTagTimeline('node')]) {
      assert(ids(data).includes(post.id))
    }
  })
  await step('page through a timeline', async () => {
    const first = await bob.getHomeTimeline({ limit: 1 })
    assert.match(first.headers.link, /max_id=\d+>; rel="next"/)
    const second = await bob.getHomeTimeline({ limit: 1, max_id: first.data[0].id })
    assert(second.data[0].id < first.data[0].id)
  })
  await step('reply, and read the conversation', async () => {
    reply = (await bob.postStatus('@alice nice stripe', { in_reply_to_id: post.id })).data
    assert.equal(reply.in_reply_to_id, post.id)
    assert.deepEqual(ids((await alice.getStatusContext(post.id)).data.descendants), [reply.id])
    assert.deepEqual(ids((await alice.getStatusContext(reply.id)).data.ancestors), [post.id])
  })
  await step('favourite, boost and bookmark', async () => {
    assert((await bob.favouriteStatus(post.id)).data.favourited)
    assert.equal((await bob.reblogStatus(post.id)).data.reblog.id, post.id)
    assert((await bob.bookmarkStatus(post.id)).data.bookmarked)
    assert.deepEqual((await alice.getStatusFavouritedBy(post.id)).data.map(account => account.acct), ['bob'])
    assert.deepEqual((await alice.getStatusRebloggedBy(post.id)).data.map(account => account.acct), ['bob'])
    assert.deepEqual(ids((await bob.getBookmarks()).data), [post.id])
    assert.deepEqual(ids((await bob.getFavourites()).data), [post.id])
  })
  await step('react with an emoji', async () => {
    const [reaction] = await react(bob, 'PUT', post.id, '☕')
    assert.deepEqual([reaction.name, reaction.count, reaction.me], ['☕', 1, true])
    const seen = (await alice.getStatus(post.id)).data.emoji_reactions
    if (kind === 'pleroma') {
      assert.deepEqual([seen[0].name, seen[0].count, seen[0].me], ['☕', 1, false])
      const [listed] = (await alice.getEmojiReactions(post.id)).data
      assert.deepEqual([listed.name, listed.accounts.map(account => account.acct)], ['☕', ['bob']])
    }
  })
  await step('read notifications of every kind', async () => {
    const wanted = ['follow', 'mention', 'favourite', 'reblog']
    // As a Mastodon client, megalodon leaves out types that Mastodon does not have.
    if (kind === 'pleroma') wanted.push('reaction')
    const all = async () => (await alice.getNotifications()).data
    await eventually(async () => {
      const types = (await all()).map(one => one.type)
      return wanted.every(type => types.includes(type))
    })
    mention = (await all()).find(one => one.type === 'mention')
    assert.deepEqual([mention.account.acct, mention.status.id], ['bob', reply.id])
    assert.equal((await alice.getNotification(mention.id)).data.id, mention.id)
    if (kind === 'pleroma') await alice.readNotifications({ max_id: mention.id })
  })
  await step('take everything back', async () => {
    assert.equal((await bob.unfavouriteStatus(post.id)).data.favourites_count, 0)
    assert.equal((await bob.unreblogStatus(post.id)).data.reblogs_count, 0)
    assert(!(await bob.unbookmarkStatus(post.id)).data.bookmarked)
    assert.deepEqual(await react(bob, 'DELETE', post.id, '☕'), [])
  })
  await step('pin and mute a post', async () => {
    assert((await alice.pinStatus(post.id)).data.pinned)
    assert.deepEqual(ids((await bob.getAccountStatuses(me.id, { pinned: true })).data), [post.id])
    assert(!(await alice.unpinStatus(post.id)).data.pinned)
    assert((await alice.muteStatus(post.id)).data.muted)
    assert(!(await alice.unmuteStatus(post.id)).data.muted)
  })
  await step('search', async () => {
    assert.deepEqual((await bob.search('alice', { type: 'accounts' })).data.accounts.map(account => account.acct), ['alice'])
    assert((await bob.search('node', { type: 'hashtags' })).data.hashtags.some(tag => tag.name === 'node'))
    assert.deepEqual(ids((await bob.search('stripe', { type: 'statuses' })).data.statuses), [reply.id])
    assert.deepEqual((await bob.searchAccount('alice')).data.map(account => account.acct), ['alice'])
    assert.equal((await bob.lookupAccount('alice')).data.id, me.id)
  })
  await step('mute and block, and undo both', async () => {
    assert((await bob.muteAccount(me.id, true)).data.muting)
    assert.deepEqual((await bob.getMutes()).data.map(account => account.acct), ['alice'])
    assert(!(await bob.unmuteAccount(me.id)).data.muting)
    assert((await bob.blockAccount(me.id)).data.blocking)
    assert.deepEqual((await bob.getBlocks()).data.map(account => account.acct), ['alice'])
    assert(!(await bob.unblockAccount(me.id)).data.blocking)
  })
  await step('markers and preferences', async () => {
    // As a Pleroma client, megalodon hands on the marker of notifications alone.
    await alice.saveMarkers({ home: { last_read_id: post.id }, notifications: { last_read_id: mention.id } })
    const { data } = await alice.getMarkers(['home', 'notifications'])
    assert.equal(data.notifications.last_read_id, mention.id)
    if (kind === 'mastodon') assert.equal(data.home.last_read_id, post.id)
    assert((await alice.getPreferences()).data)
  })
  await step('delete a post', async () => {
    await alice.deleteStatus(post.id)
    await refused(bob.getStatus(post.id), 404)
  })
  await step('dismiss notifications', async () => {
    await alice.dismissNotification(mention.id)
    assert(!ids((await alice.getNotifications()).data).includes(mention.id))
    await alice.dismissNotifications()
    assert.deepEqual((await alice.getNotifications()).data, [])
  })
  await walk({
    step, kind, url, app, alice, bob, generator, admin: server.users.root.token,
    file: () => createReadStream(file), can: name => !(name in watched.notApplicable)
  })
  await step('unfollow', async () => {
    assert(!(await bob.unfollowAccount(me.id)).data.following)
  })
  await step('log out', async () => {
    await alice.revokeToken(app.client_id, app.client_secret, alice.client.accessToken)
    await refused(alice.verifyAccountCredentials(), 403)
  })
  await step('the server leaves in order', () => server.stop())
  await step('the whole library is used, or it is said why not', () => watched.end())
  passed += day.passed
  failed += day.failed
}
