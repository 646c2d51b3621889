// What a day with megalodon does not come to: the rest of its methods, each by what it changes.

import { strict as assert } from 'node:assert'

import { eventually } from './harness.mjs'
import { Surface, methods } from './surface.mjs'

const NOT_APPLICABLE = {
  cancel: 'only ends requests under way, within the library',
  createApp: 'registerApp calls it',
  urlToAccounts: 'turns an address into a list of accounts within getAccountFollowers and the like',
  registerAccount: 'sends no answer to a captcha, and its form of the call has no password repeated: tests/it/registration.rs',
  streamingURL: 'asks the instance for its address within userStreaming and the like'
}
const STREAMS = 'tests/clients/masto.mjs listens with it'

/** The methods of the adapter, watched; those that it refuses itself are excused. */
export function surface(kind, client, more) {
  const names = methods(client)
  const refused = names.filter(name => /No(t)?Implement/.test(String(client[name])))
  const excused = Object.fromEntries(refused.map(name => [name, 'the library says itself that this kind of server has it not']))
  for (const name of names.filter(name => name.endsWith('Streaming'))) excused[name] = STREAMS
  for (const [name, reason] of Object.entries(NOT_APPLICABLE)) if (names.includes(name)) excused[name] = reason
  return new Surface(`megalodon ${kind}`, names, { ...excused, ...more })
}

/** The rest of the surface. `admin` is a token of an admin's. */
export async function walk({ step, kind, url, admin, app, alice, bob, generator, file, can }) {
  const [me, him] = [(await alice.verifyAccountCredentials()).data, (await bob.verifyAccountCredentials()).data]
  const ids = list => list.map(entity => entity.id)
  const names = list => list.map(entity => entity.name)
  const acct = list => list.map(account => account.acct)

  await step('the address of the authorize page', async () => {
    const address = await alice.generateAuthUrl(app.client_id, app.client_secret, { scope: ['read'] })
    assert.match(address, /\/oauth\/authorize\?/)
  })
  await step('a token is refreshed', async () => {
    const answer = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password', client_id: app.client_id, client_secret: app.client_secret,
        username: 'bob', password: 'bob-password', scope: 'read'
      })
    })
    const { refresh_token, access_token } = await answer.json()
    const fresh = await bob.refreshToken(app.client_id, app.client_secret, refresh_token)
    assert.notEqual(fresh.access_token, access_token)
    const again = generator(kind, url, fresh.access_token)
    assert.equal((await again.verifyAccountCredentials()).data.acct, 'bob')
  })
  await step('people: lists of them, notes, notices, endorsements', async () => {
    assert((await alice.followAccount(him.id)).data.following)
    assert.deepEqual(acct((await alice.getAccountFollowing(me.id)).data), ['bob'])
    assert.deepEqual((await alice.getRelationships([him.id])).data.map(one => one.following), [true])
    // The library forgets to send the note that it is given.
    if (can('setAccountNote')) assert.equal((await alice.setAccountNote(him.id, 'met in a test')).data.id, him.id)
    assert((await alice.subscribeAccount(him.id)).data.notifying !== undefined)
    await alice.unsubscribeAccount(him.id)
    assert((await alice.pinAccount(him.id)).data.endorsed)
    assert.deepEqual(acct((await alice.getEndorsements()).data), ['bob'])
    assert(!(await alice.unpinAccount(him.id)).data.endorsed)
    assert.deepEqual((await alice.getIdentityProof(him.id)).data, [])
  })
  await step('favourites of somebody who shows them', async () => {
    if (!can('getAccountFavourites')) return
    const liked = (await alice.postStatus('like me')).data
    await bob.favouriteStatus(liked.id)
    const shown = new URLSearchParams({ hide_favorites: 'false' })
    const headers = { Authorization: `Bearer ${bob.client.accessToken}` }
    await fetch(`${url}/api/v1/accounts/update_credentials`, { method: 'PATCH', headers, body: shown })
    assert.deepEqual(ids((await alice.getAccountFavourites(him.id)).data), [liked.id])
  })
  await step('blocked domains', async () => {
    await alice.blockDomain('far.example')
    assert.deepEqual((await alice.getDomainBlocks()).data, ['far.example'])
    await alice.unblockDomain('far.example')
    assert.deepEqual((await alice.getDomainBlocks()).data, [])
  })
  await step('filters', async () => {
    const made = (await alice.createFilter('cucumber', ['home'])).data
    assert.equal((await alice.getFilter(made.id)).data.phrase, 'cucumber')
    assert.equal((await alice.updateFilter(made.id, 'gherkin', ['home'])).data.phrase, 'gherkin')
    assert.deepEqual(ids((await alice.getFilters()).data), [made.id])
    await alice.deleteFilter(made.id)
    assert.deepEqual((await alice.getFilters()).data, [])
  })
  await step('a report', async () => {
    const rude = (await bob.postStatus('rude words')).data
    const { data } = await alice.report(him.id, { status_ids: [rude.id], comment: 'rude', forward: false, category: 'spam' })
    assert.equal(data.action_taken, false)
  })
  await step('follow requests', async () => {
    await alice.updateCredentials({ locked: true })
    await bob.unfollowAccount(me.id)
    for (const answer of ['rejectFollowRequest', 'acceptFollowRequest']) {
      await bob.followAccount(me.id)
      assert.deepEqual(acct((await alice.getFollowRequests()).data), ['bob'])
      await alice[answer](him.id)
      assert.deepEqual((await alice.getFollowRequests()).data, [])
    }
    assert((await bob.getRelationship(me.id)).data.following)
    await alice.updateCredentials({ locked: false })
  })
  await step('tags: followed, featured, suggested, in trend', async () => {
    await alice.postStatus('about #gardens')
    if (can('followTag')) {
      assert((await alice.followTag('gardens')).data.following)
      assert((await alice.getTag('gardens')).data.following)
      assert.deepEqual(names((await alice.getFollowedTags()).data), ['gardens'])
      assert(!(await alice.unfollowTag('gardens')).data.following)
    }
    assert(names((await alice.getSuggestedTags()).data).includes('gardens'))
    const made = (await alice.createFeaturedTag('gardens')).data
    assert.deepEqual(names((await alice.getFeaturedTags()).data), ['gardens'])
    await alice.deleteFeaturedTag(made.id)
    assert.deepEqual((await alice.getFeaturedTags()).data, [])
    assert(names((await alice.getInstanceTrends(20)).data).includes('gardens'))
  })
  await step('an edit, and its source', async () => {
    const post = (await alice.postStatus('frist')).data
    assert.match((await alice.editStatus(post.id, { status: 'first' })).data.content, /first/)
    assert.equal((await alice.getStatusSource(post.id)).data.text, 'first')
    const media = (await alice.uploadMedia(file())).data
    assert.equal((await alice.getMedia(media.id)).data.id, media.id)
  })
  await step('polls', async () => {
    const asked = (await alice.postStatus('what to drink?', { poll: { options: ['tea', 'coffee'], expires_in: 3600 } })).data
    assert.equal((await bob.getPoll(asked.poll.id)).data.voted, false)
    assert.deepEqual((await bob.votePoll(asked.poll.id, [1])).data.own_votes, [1])
  })
  await step('a scheduled post', async () => {
    const hours = count => new Date(Date.now() + count * 3600_000).toISOString()
    const made = (await alice.postStatus('in an hour', { scheduled_at: hours(1) })).data
    assert.deepEqual(ids((await alice.getScheduledStatuses()).data), [made.id])
    assert((await alice.scheduleStatus(made.id, hours(2))).data.scheduled_at > made.scheduled_at)
    assert.equal((await alice.getScheduledStatus(made.id)).data.params.text, 'in an hour')
    await alice.cancelScheduledStatus(made.id)
    assert.deepEqual((await alice.getScheduledStatuses()).data, [])
  })
  await step('lists, and their timeline', async () => {
    const made = (await alice.createList('friends')).data
    assert.equal((await alice.updateList(made.id, 'best friends')).data.title, 'best friends')
    await alice.followAccount(him.id)
    await alice.addAccountsToList(made.id, [him.id])
    assert.deepEqual(acct((await alice.getAccountsInList(made.id)).data), ['bob'])
    assert.deepEqual(ids((await alice.getAccountLists(him.id)).data), [made.id])
    const post = (await bob.postStatus('for the list')).data
    assert(ids((await alice.getListTimeline(made.id)).data).includes(post.id))
    assert(ids((await alice.getPublicTimeline()).data).includes(post.id))
    await alice.deleteAccountsFromList(made.id, [him.id])
    assert.equal((await alice.getList(made.id)).data.title, 'best friends')
    await alice.deleteList(made.id)
    assert.deepEqual((await alice.getLists()).data, [])
  })
  await step('direct messages as conversations', async () => {
    await bob.postStatus('@alice psst', { visibility: 'direct' })
    const [talk] = await eventually(async () => {
      const { data } = await alice.getConversationTimeline()
      return data.length ? data : null
    })
    assert(!(await alice.readConversation(talk.id)).data.unread)
    await alice.deleteConversation(talk.id)
    assert.deepEqual((await alice.getConversationTimeline()).data, [])
  })
  await step('one reaction by its emoji', async () => {
    if (!can('getEmojiReaction')) return
    const post = (await alice.postStatus('tea?')).data
    await bob.createEmojiReaction(post.id, '☕')
    // Pleroma answers a list of one; the library takes it for that one, and makes nothing of it.
    await alice.getEmojiReaction(post.id, '☕')
  })
  await step('a push subscription', async () => {
    const keys = {
      p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg'
    }
    const made = (await alice.subscribePushNotification({ endpoint: 'https://push.example/x', keys }, { alerts: { mention: true } })).data
    assert.equal(made.alerts.mention, true)
    assert.equal((await alice.updatePushSubscription({ alerts: { follow: true } })).data.alerts.follow, true)
    assert.equal((await alice.getPushSubscription()).data.endpoint, 'https://push.example/x')
    await alice.deletePushSubscription()
  })
  await step('documents about the server', async () => {
    assert.deepEqual((await alice.getInstancePeers()).data, [])
    assert.equal((await alice.getInstanceActivity()).data.length, 12)
    assert(Array.isArray((await alice.getInstanceDirectory({ local: true })).data))
    assert(Array.isArray((await alice.getSuggestions()).data))
  })
  await step('announcements', async () => {
    const headers = { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ content: 'we move' })
    await fetch(`${url}/api/v1/pleroma/admin/announcements`, { method: 'POST', headers, body })
    const [said] = (await alice.getInstanceAnnouncements()).data
    if (can('addReactionToAnnouncement')) {
      await alice.addReactionToAnnouncement(said.id, '🎉')
      assert.deepEqual(names((await alice.getInstanceAnnouncements()).data[0].reactions), ['🎉'])
      await alice.removeReactionFromAnnouncement(said.id, '🎉')
    }
    await alice.dismissInstanceAnnouncement(said.id)
  })
}
