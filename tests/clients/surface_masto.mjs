// What masto.js can call, read from its own declarations: its clients are made of proxies, which have any name one asks for.

import { strict as assert } from 'node:assert'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { eventually, picture } from './harness.mjs'
import { Surface } from './surface.mjs'

/** The interfaces that a declaration file exports, each with the members that it has. */
function interfaces(file) {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const found = new Map()
  for (const [, name, parents, body] of text.matchAll(/export interface ([\w$]+)(?: extends ([^{]+))? \{\n([\s\S]*?)\n\}/g)) {
    const members = [...body.matchAll(/^ {4}(?:readonly )?(\$?\w+)(\([^)]*\))?: ([^;{]*)/gm)]
    found.set(name, { parents: parents ?? '', members: members.map(([, key, call, type]) => ({ key, call, type: type.trim() })) })
  }
  return found
}

function allFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? allFiles(path) : path.endsWith('.d.ts') ? [path] : []
  })
}

/** `v1.statuses.$select.favourite` and so on: every method that the declarations name. */
export function names(folder) {
  const versions = {}
  // The admin's resources have the names of other people's.
  const isOf = { v1: file => !file.includes('/admin/'), admin: () => true, v2: () => true }
  for (const [version, at] of [['v1', 'v1'], ['admin', 'v1/admin'], ['v2', 'v2']]) {
    const files = allFiles(join(folder, 'rest', at)).filter(isOf[version])
    versions[version] = new Map(files.flatMap(file => [...interfaces(file)]))
  }
  const roots = interfaces(join(folder, 'rest', 'client.d.ts'))
  const found = []
  const walk = (path, version, name) => {
    const resource = versions[version].get(name)
    if (!resource) throw new Error(`${path.join('.')}: no ${name} among the declarations`)
    for (const { key, call, type } of resource.members) {
      if (/Resource$/.test(type)) walk([...path, key], version, type.replace(/^.*\./, ''))
      else if (/^Method</.test(type) || call || type === '') found.push([...path, key].join('.'))
    }
  }
  for (const [version, root] of [['v1', 'V1Resource'], ['v2', 'V2Resource']]) {
    for (const { key, type } of roots.get(root).members) walk([version, key], key === 'admin' ? 'admin' : version, type.replace(/^.*\./, ''))
  }
  return found
}

const ADMIN = "Mastodon's own admin API: this server has Pleroma's (tests/it/admin_*.rs)"
const HIGHER = 'belongs to API version 10 and above; this server says 7'
const NOT_APPLICABLE = {
  'v1.statuses.$select.translate': 'nothing is translated here, and the instance says so',
  'v1.statuses.$select.card.fetch': 'GET /api/v1/statuses/:id/card ended with Mastodon 3',
  'v1.instance.languages.list': 'asks for /api/v1/instance/languages; the languages spoken here stand in the instance document',
  'v1.emails.confirmations.create': "asks for /api/v1/emails/confirmations; Pleroma's way is tests/it/confirmation.rs",
  'v1.media.create': 'the first version of an upload; megalodon and Mastodon.py use it'
}

export function surface(folder) {
  const all = names(folder)
  const excused = Object.fromEntries(
    all.flatMap(name => {
      if (/^v1\.admin\.(?!domain)/.test(name)) return [[name, ADMIN]]
      return /^v1\.(collections|annualReports)\.|\.(collections|inCollections)\./.test(name) ? [[name, HIGHER]] : []
    })
  )
  const known = Object.entries(NOT_APPLICABLE).filter(([name]) => all.includes(name))
  return new Surface('masto.js', all, { ...excused, ...Object.fromEntries(known) })
}

/** A client that notes the path of every call. */
export function watch(made, client, path = []) {
  return new Proxy(client, {
    get: (target, key) => watch(made, target[key], [...path, key]),
    apply(target, self, given) {
      const name = path.filter(part => typeof part === 'string').join('.')
      if (path.at(-1) === '$select') return watch(made, target(...given), path)
      made.used.add(name)
      return target(...given)
    }
  })
}

/** The rest of the surface. `admin` and `anybody` are clients of an admin and of an application. */
export async function walk({ step, url, admin, alice, bob, users }) {
  const ids = list => list.map(entity => entity.id)
  const names = list => list.map(entity => entity.name)
  const him = alice.v1.accounts.$select(users.bob.id)
  const post = (who, status, more = {}) => who.v1.statuses.create({ status, ...more })
  const at = (who, status) => who.v1.statuses.$select(status.id)
  const hours = count => new Date(Date.now() + count * 3600_000).toISOString()
  const blob = () => new Blob([picture()], { type: 'image/png' })

  await step('applications', async () => {
    const app = await alice.v1.apps.create({ clientName: 'Day', redirectUris: 'urn:ietf:wg:oauth:2.0:oob', scopes: 'read' })
    assert(app.clientId)
    assert((await alice.v1.apps.verifyCredentials()).name)
    // With the password in the form: masto.js makes the call, and this server's registrations are closed.
    const newcomer = { username: 'carol', email: 'carol@example.com', password: 'carol-password', agreement: true, locale: 'en' }
    await assert.rejects(alice.v1.accounts.create(newcomer))
  })
  await step('accounts', async () => {
    assert.equal((await alice.v1.accounts.verifyCredentials()).id, users.alice.id)
    assert.equal((await alice.v1.accounts.updateCredentials({ displayName: 'Alice' })).displayName, 'Alice')
    assert.deepEqual(ids(await alice.v1.accounts.fetch({ id: [users.bob.id] })), [users.bob.id])
    assert.equal((await him.fetch()).username, 'bob')
    assert.equal((await alice.v1.accounts.lookup({ acct: 'bob' })).id, users.bob.id)
    assert.deepEqual(ids(await alice.v1.accounts.search.list({ q: 'bob' })), [users.bob.id])
    await him.follow()
    assert.deepEqual((await alice.v1.accounts.relationships.fetch({ id: [users.bob.id] })).map(one => one.following), [true])
    assert.deepEqual(ids(await him.followers.list()), [users.alice.id])
    assert(Array.isArray(await him.following.list()))
    assert(Array.isArray(await him.statuses.list()))
    assert.deepEqual(await him.identityProofs.list(), [])
    assert(Array.isArray(await alice.v1.accounts.familiarFollowers.fetch([users.bob.id])))
    assert.equal((await him.note.create({ comment: 'met' })).note, 'met')
    for (const [endorse, withdraw] of [['pin', 'unpin'], ['endorse', 'unendorse']]) {
      assert((await him[endorse]()).endorsed)
      assert.deepEqual(ids(await alice.v1.endorsements.list()), [users.bob.id])
      assert(Array.isArray(await alice.v1.accounts.$select(users.alice.id).endorsements.list()))
      assert(!(await him[withdraw]()).endorsed)
    }
    assert((await him.mute()).muting)
    assert.deepEqual(ids(await alice.v1.mutes.list()), [users.bob.id])
    assert(!(await him.unmute()).muting)
    assert((await him.block()).blocking)
    assert.deepEqual(ids(await alice.v1.blocks.list()), [users.bob.id])
    assert(!(await him.unblock()).blocking)
    assert(!(await him.unfollow()).following)
    await bob.v1.accounts.$select(users.alice.id).follow()
    assert(!(await him.removeFromFollowers()).followedBy)
    await him.follow()
  })
  await step('the own profile', async () => {
    assert.equal((await alice.v1.profile.update({ displayName: 'Alice', avatar: blob(), header: blob() })).displayName, 'Alice')
    assert((await alice.v1.profile.fetch()).avatar)
    await alice.v1.profile.avatar.remove()
    await alice.v1.profile.header.remove()
    assert.equal((await alice.v1.profile.fetch()).avatar, null)
    assert.equal((await alice.v1.preferences.fetch())['posting:default:visibility'], 'public')
  })
  await step('follow requests', async () => {
    await alice.v1.accounts.updateCredentials({ locked: true })
    for (const answer of ['reject', 'authorize']) {
      await bob.v1.accounts.$select(users.alice.id).follow()
      assert.deepEqual(ids(await alice.v1.followRequests.list()), [users.bob.id])
      await alice.v1.followRequests.$select(users.bob.id)[answer]()
    }
    await alice.v1.accounts.updateCredentials({ locked: false })
  })
  await step('blocked domains', async () => {
    await alice.v1.domainBlocks.create({ domain: 'far.example' })
    assert.deepEqual(await alice.v1.domainBlocks.list(), ['far.example'])
    await alice.v1.domainBlocks.remove({ domain: 'far.example' })
    assert.deepEqual(await alice.v1.domainBlocks.list(), [])
  })
  await step('tags and trends', async () => {
    await post(alice, 'about #gardens')
    const tag = alice.v1.tags.$select('gardens')
    assert((await tag.follow()).following && (await tag.fetch()).following)
    assert.deepEqual(names(await alice.v1.followedTags.list()), ['gardens'])
    assert(!(await tag.unfollow()).following)
    assert(names(await alice.v1.featuredTags.suggestions.list()).includes('gardens'))
    const made = await alice.v1.featuredTags.create({ name: 'gardens' })
    assert.deepEqual(names(await alice.v1.featuredTags.list()), ['gardens'])
    assert.deepEqual(names(await bob.v1.accounts.$select(users.alice.id).featuredTags.list()), ['gardens'])
    await alice.v1.featuredTags.$select(made.id).remove()
    assert((await tag.feature()).featuring && !(await tag.unfeature()).featuring)
    assert(names(await alice.v1.trends.tags.list()).includes('gardens'))
    assert.deepEqual(await alice.v1.trends.links.list(), [])
    assert(Array.isArray(await alice.v1.trends.statuses.list()))
  })
  await step('posts', async () => {
    const media = await alice.v2.media.create({ file: blob(), description: 'stripe' })
    assert.equal((await alice.v1.media.$select(media.id).fetch()).description, 'stripe')
    assert.equal((await alice.v1.media.$select(media.id).update({ description: 'orange' })).description, 'orange')
    const first = await post(alice, 'frist', { mediaIds: [media.id] })
    const own = at(alice, first)
    assert.match((await own.update({ status: 'first', mediaIds: [media.id] })).content, /first/)
    assert.equal((await own.source.fetch()).text, 'first')
    assert.equal((await own.history.list()).length, 2)
    assert.deepEqual(ids(await alice.v1.statuses.fetch({ id: [first.id] })), [first.id])
    assert.equal((await own.fetch()).id, first.id)
    const reply = await post(bob, '@alice yes', { inReplyToId: first.id })
    assert.deepEqual(ids((await own.context.fetch()).descendants), [reply.id])
    const seen = at(bob, first)
    for (const [act, undo, is, list] of [
      ['favourite', 'unfavourite', 'favourited', () => bob.v1.favourites.list()],
      ['bookmark', 'unbookmark', 'bookmarked', () => bob.v1.bookmarks.list()]
    ]) {
      assert((await seen[act]())[is])
      assert.deepEqual(ids(await list()), [first.id])
      if (act === 'favourite') assert.deepEqual(ids(await own.favouritedBy.list()), [users.bob.id])
      assert(!(await seen[undo]())[is])
    }
    assert.equal((await seen.reblog()).reblog.id, first.id)
    assert.deepEqual(ids(await own.rebloggedBy.list()), [users.bob.id])
    assert(!(await seen.unreblog()).reblogged)
    assert((await own.pin()).pinned && !(await own.unpin()).pinned)
    assert((await own.mute()).muted && !(await own.unmute()).muted)
    const quoting = await post(bob, 'as she said', { quotedStatusId: first.id })
    assert.deepEqual(ids(await own.quotes.list()), [quoting.id])
    assert.equal((await own.remove()).text, 'first')
  })
  await step('polls and scheduled posts', async () => {
    const asked = await post(alice, 'what to drink?', { poll: { options: ['tea', 'coffee'], expiresIn: 3600 } })
    const poll = bob.v1.polls.$select(asked.poll.id)
    assert.equal((await poll.fetch()).voted, false)
    assert.deepEqual((await poll.votes.create({ choices: [1] })).ownVotes, [1])
    const made = await post(alice, 'in an hour', { scheduledAt: hours(1) })
    const scheduled = alice.v1.scheduledStatuses.$select(made.id)
    assert.deepEqual(ids(await alice.v1.scheduledStatuses.list()), [made.id])
    assert((await scheduled.update({ scheduledAt: hours(2) })).scheduledAt > made.scheduledAt)
    assert.equal((await scheduled.fetch()).params.text, 'in an hour')
    await scheduled.remove()
    assert.deepEqual(await alice.v1.scheduledStatuses.list(), [])
  })
  await step('timelines and lists', async () => {
    const made = await alice.v1.lists.create({ title: 'family' })
    const list = alice.v1.lists.$select(made.id)
    assert.equal((await list.update({ title: 'kin' })).title, 'kin')
    assert.equal((await list.fetch()).title, 'kin')
    await list.accounts.create({ accountIds: [users.bob.id] })
    assert.deepEqual(ids(await list.accounts.list()), [users.bob.id])
    assert(ids(await him.lists.list()).includes(made.id))
    const said = await post(bob, 'to all #gardens')
    for (const timeline of [
      alice.v1.timelines.home.list(), alice.v1.timelines.public.list(), alice.v1.timelines.tag.$select('gardens').list(),
      alice.v1.timelines.list.$select(made.id).list()
    ]) assert(ids(await timeline).includes(said.id))
    assert.deepEqual(await alice.v1.timelines.link.list({ url: 'https://example.com/nobody-linked-here' }), [])
    await list.accounts.remove({ accountIds: [users.bob.id] })
    await list.remove()
    assert(!ids(await alice.v1.lists.list()).includes(made.id))
  })
  await step('conversations', async () => {
    const whisper = await post(bob, '@alice psst', { visibility: 'direct' })
    assert(ids(await alice.v1.timelines.direct.list()).includes(whisper.id))
    const [talk] = await eventually(async () => {
      const found = await alice.v1.conversations.list()
      return found.length ? found : null
    })
    const conversation = alice.v1.conversations.$select(talk.id)
    assert(!(await conversation.read()).unread && (await conversation.unread()).unread)
    await conversation.remove()
    assert(!ids(await alice.v1.conversations.list()).includes(talk.id))
  })
  await step('filters in both versions', async () => {
    const old = await alice.v1.filters.create({ phrase: 'cucumber', context: ['home'] })
    assert.equal((await alice.v1.filters.$select(old.id).fetch()).phrase, 'cucumber')
    assert.equal((await alice.v1.filters.$select(old.id).update({ phrase: 'gherkin', context: ['home'] })).phrase, 'gherkin')
    assert(ids(await alice.v1.filters.list()).includes(old.id))
    await alice.v1.filters.$select(old.id).remove()
    const made = await alice.v2.filters.create({ title: 'pickles', context: ['home'], filterAction: 'warn' })
    const filter = alice.v2.filters.$select(made.id)
    assert.equal((await filter.update({ title: 'no pickles' })).title, 'no pickles')
    const word = await filter.keywords.create({ keyword: 'capers' })
    assert.deepEqual(ids(await filter.keywords.list()), [word.id])
    const keyword = alice.v2.filters.keywords.$select(word.id)
    assert.equal((await keyword.update({ keyword: 'olives' })).keyword, 'olives')
    assert.equal((await keyword.fetch()).keyword, 'olives')
    await keyword.remove()
    const single = await filter.statuses.create({ statusId: (await post(alice, 'hide me')).id })
    assert.deepEqual(ids(await filter.statuses.list()), [single.id])
    assert.equal((await alice.v2.filters.statuses.$select(single.id).fetch()).id, single.id)
    await alice.v2.filters.statuses.$select(single.id).remove()
    assert.equal((await filter.fetch()).title, 'no pickles')
    await filter.remove()
    assert(!ids(await alice.v2.filters.list()).includes(made.id))
  })
  await step('notifications, grouped too', async () => {
    await alice.v1.notifications.clear()
    const liked = await post(alice, 'like me')
    await at(bob, liked).favourite()
    assert.equal((await alice.v1.notifications.unreadCount.fetch()).count, 1)
    assert.equal((await alice.v2.notifications.unreadCount.fetch()).count, 1)
    const [told] = await alice.v1.notifications.list()
    assert.deepEqual(ids(await alice.v1.notifications.fetch()), [told.id])
    assert.equal((await alice.v1.notifications.$select(told.id).fetch()).type, 'favourite')
    const key = `favourite-${liked.id}`
    assert.equal((await alice.v2.notifications.list()).notificationGroups[0].groupKey, key)
    const group = alice.v2.notifications.$select(key)
    assert.equal((await group.fetch()).notificationGroups[0].notificationsCount, 1)
    assert.deepEqual(ids(await group.accounts.fetch()), [users.bob.id])
    await group.dismiss()
    await at(bob, liked).unfavourite()
    await at(bob, liked).favourite()
    const [again] = await alice.v1.notifications.list()
    await alice.v1.notifications.$select(again.id).dismiss()
    assert.deepEqual(await alice.v1.notifications.list(), [])
  })
  await step('a notification policy, and its requests', async () => {
    await him.unfollow()
    const policy = alice.v2.notifications.policy
    assert.equal((await policy.update({ forNotFollowing: 'filter' })).forNotFollowing, 'filter')
    const { requests } = alice.v1.notifications
    for (const [text, act] of [
      ['one', request => request.dismiss()],
      ['two', (request, id) => requests.dismiss({ id: [id] })],
      ['three', request => request.accept()],
      ['four', (request, id) => requests.accept({ id: [id] })]
    ]) {
      await post(bob, `@alice ${text}`)
      const [kept] = await requests.list()
      if (kept) {
        assert.equal((await policy.fetch()).summary.pendingRequestsCount, 1)
        assert.equal((await requests.$select(kept.id).fetch()).account.id, users.bob.id)
      }
      await act(requests.$select(users.bob.id), users.bob.id)
      assert.deepEqual(await requests.list(), [])
    }
    assert((await requests.merged.fetch()).merged)
    await policy.update({ forNotFollowing: 'accept' })
  })
  await step('search, reports, suggestions, markers', async () => {
    assert.deepEqual(ids((await alice.v2.search.list({ q: 'bob', type: 'accounts' })).accounts), [users.bob.id])
    assert.deepEqual(ids((await alice.v1.search.list({ q: 'bob', type: 'accounts' })).accounts), [users.bob.id])
    assert.equal((await alice.v1.reports.create({ accountId: users.bob.id, comment: 'rude' })).actionTaken, false)
    await bob.v1.accounts.updateCredentials({ discoverable: true })
    assert(ids(await alice.v1.directory.list({ local: true })).includes(users.bob.id))
    assert(ids(await alice.v1.suggestions.list()).includes(users.bob.id))
    await alice.v1.suggestions.$select(users.bob.id).remove()
    assert(!(await alice.v2.suggestions.list()).some(one => one.account.id === users.bob.id))
    await alice.v1.markers.create({ home: { lastReadId: '9' } })
    assert.equal((await alice.v1.markers.fetch({ timeline: ['home'] })).home.lastReadId, '9')
  })
  await step('documents about the server, and what its admins decide about others', async () => {
    assert.match((await alice.v1.instance.fetch()).version, /kenoma/)
    assert.deepEqual(await alice.v1.instance.peers.list(), [])
    assert.equal((await alice.v1.instance.activity.list()).length, 12)
    assert('content' in (await alice.v1.instance.extendedDescription.fetch()))
    assert.deepEqual(await alice.v1.instance.translationLanguages.list(), {})
    assert.deepEqual(await alice.v1.customEmojis.list(), [])
    const blocks = admin.v1.admin.domainBlocks
    const made = await blocks.create({ domain: 'rude.example', severity: 'suspend' })
    const block = blocks.$select(made.id)
    assert.equal((await block.update({ severity: 'silence' })).severity, 'silence')
    assert.equal((await block.fetch()).domain, 'rude.example')
    assert.deepEqual((await alice.v1.instance.domainBlocks.fetch()).map(one => one.domain), ['rude.example'])
    await block.remove()
    assert.deepEqual(await blocks.list(), [])
    const allows = admin.v1.admin.domainAllows
    const allowed = await allows.create({ domain: 'kind.example' })
    assert.equal((await allows.$select(allowed.id).fetch()).domain, 'kind.example')
    await allows.$select(allowed.id).remove()
    assert.deepEqual(await allows.list(), [])
  })
  await step('announcements', async () => {
    const headers = { Authorization: `Bearer ${users.root.token}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ content: 'we move' })
    await fetch(`${url}/api/v1/pleroma/admin/announcements`, { method: 'POST', headers, body })
    const [said] = await alice.v1.announcements.list()
    const announcement = alice.v1.announcements.$select(said.id)
    await announcement.reactions.$select('🎉').update()
    assert.deepEqual(names((await alice.v1.announcements.list())[0].reactions), ['🎉'])
    await announcement.reactions.$select('🎉').remove()
    await announcement.dismiss()
  })
}
