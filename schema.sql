-- kenoma's whole database. Read this first: the domain is all here.
--
-- Conventions
--   * Times are INTEGER milliseconds since 1970 UTC, named …_at. Booleans are INTEGER 0 or 1.
--   * Ids are 64-bit, unix_ms * 1000 + n: they ascend with insertion, have 16 digits and stay below 2^53 (src/ids.rs).
--   * A host of '' means "this server", so that (username, host) is unique for local people too.
--   * `rev` columns count changes of what everybody sees of a row. Rendered fragments are cached under (id, rev), so a stale
--     one is never found again, whichever process made the change (src/views/fragments.rs).
--   * Counters are kept in the transaction that changes what they count.

-- People and bots, here and elsewhere: one row per ActivityPub actor.
CREATE TABLE accounts (
  id              INTEGER PRIMARY KEY,
  username        TEXT    NOT NULL CHECK (length(username) BETWEEN 1 AND 64),
  host            TEXT    NOT NULL DEFAULT '',      -- '' = local
  uri             TEXT    NOT NULL UNIQUE,          -- the actor id, for ever
  url             TEXT    NOT NULL,                 -- the profile page
  actor_type      TEXT    NOT NULL DEFAULT 'Person' CHECK (actor_type IN ('Person','Service','Application','Group','Organization')),
  display_name    TEXT    NOT NULL DEFAULT '',
  note            TEXT    NOT NULL DEFAULT '',      -- biography, sanitised HTML
  note_source     TEXT    NOT NULL DEFAULT '',      -- as the owner typed it
  fields          TEXT    NOT NULL DEFAULT '[]',    -- JSON [{name, value (HTML), verified_at}]
  fields_source   TEXT    NOT NULL DEFAULT '[]',    -- JSON [{name, value}] as typed
  emojis          TEXT    NOT NULL DEFAULT '[]',    -- JSON [{shortcode, url}] of remote custom emoji; local ones are looked up
  avatar          TEXT,                             -- local: name in uploads/; remote: URL; NULL: the built-in picture
  header          TEXT,
  background      TEXT,
  locked          INTEGER NOT NULL DEFAULT 0,
  discoverable    INTEGER NOT NULL DEFAULT 0,
  hide_favourites      INTEGER NOT NULL DEFAULT 1,
  hide_followers       INTEGER NOT NULL DEFAULT 0,
  hide_follows         INTEGER NOT NULL DEFAULT 0,
  hide_followers_count INTEGER NOT NULL DEFAULT 0,
  hide_follows_count   INTEGER NOT NULL DEFAULT 0,
  accepts_chat_messages INTEGER,                    -- NULL: not known (remote)
  also_known_as   TEXT    NOT NULL DEFAULT '[]',    -- JSON array of actor ids
  moved_to_id     INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
  moved_at        INTEGER,                          -- the last time that it moved
  looked_at       INTEGER,                          -- remote: when its collections were read (counts, pinned posts)
  moderation_tags TEXT    NOT NULL DEFAULT '[]',    -- JSON array, set by admins
  followers_count INTEGER NOT NULL DEFAULT 0,
  following_count INTEGER NOT NULL DEFAULT 0,
  statuses_count  INTEGER NOT NULL DEFAULT 0,
  last_status_at  INTEGER,
  -- Hidden from everyone but admins: deactivated, deleted, or (local) awaiting approval or confirmation.
  -- Maintained by db::users::refresh_visibility; reads ask only this column.
  hidden          INTEGER NOT NULL DEFAULT 0,
  deactivated     INTEGER NOT NULL DEFAULT 0,
  deleted_at      INTEGER,                          -- the row stays so that the name is never handed out again
  -- Remote actors only
  inbox           TEXT,
  shared_inbox    TEXT,
  outbox          TEXT,
  followers_uri   TEXT,
  following_uri   TEXT,
  featured_uri    TEXT,
  fetched_at      INTEGER,
  created_at      INTEGER NOT NULL,
  rev             INTEGER NOT NULL DEFAULT 0,
  UNIQUE (username, host)
);
CREATE INDEX accounts_host ON accounts (host) WHERE host <> '';
CREATE INDEX accounts_moved ON accounts (moved_to_id) WHERE moved_to_id IS NOT NULL;
-- The directory: who wants to be found, by latest post, by age, by number of followers.
CREATE INDEX accounts_active ON accounts (last_status_at, id) WHERE discoverable = 1 AND hidden = 0;
CREATE INDEX accounts_new ON accounts (id) WHERE discoverable = 1 AND hidden = 0;
CREATE INDEX accounts_popular ON accounts (followers_count, id) WHERE discoverable = 1 AND hidden = 0;

-- Key pairs: ours to sign with (private_key), theirs to verify. One actor may have several; a key id has one owner.
CREATE TABLE account_keys (
  key_uri       TEXT    PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  public_pem    TEXT    NOT NULL,
  private_pkcs8 BLOB,                               -- NULL for remote keys
  fetched_at    INTEGER NOT NULL,
  refresh_after INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX account_keys_account ON account_keys (account_id);

-- Who may log in: one row per local person.
CREATE TABLE users (
  account_id            INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  email                 TEXT    COLLATE NOCASE UNIQUE,  -- NULL: none, or account deleted
  password_hash         TEXT    NOT NULL,
  is_admin              INTEGER NOT NULL DEFAULT 0,
  is_moderator          INTEGER NOT NULL DEFAULT 0,
  -- The four reasons not to log in (with accounts.deactivated), in the order in which they are told
  reset_pending         INTEGER NOT NULL DEFAULT 0,
  approval_pending      INTEGER NOT NULL DEFAULT 0,
  confirmation_pending  INTEGER NOT NULL DEFAULT 0,
  confirmation_token    BLOB,                       -- SHA-256
  registration_reason   TEXT,
  default_visibility    TEXT    NOT NULL DEFAULT 'public',
  default_sensitive     INTEGER NOT NULL DEFAULT 0,
  default_language      TEXT,
  show_role             INTEGER NOT NULL DEFAULT 1,
  no_rich_text          INTEGER NOT NULL DEFAULT 0,
  skip_thread_containment INTEGER NOT NULL DEFAULT 0,
  allow_following_move  INTEGER NOT NULL DEFAULT 1,
  notification_settings TEXT    NOT NULL DEFAULT '{}',  -- JSON, only what differs from the defaults
  settings_store        TEXT    NOT NULL DEFAULT '{}',  -- JSON {front-end: {…}}
  locale                TEXT    NOT NULL DEFAULT 'en',
  mascot_id             INTEGER REFERENCES media (id) ON DELETE SET NULL  -- NULL: the built-in one
);
CREATE INDEX users_mascot ON users (mascot_id) WHERE mascot_id IS NOT NULL;

-- Password reset links: hashed, one hour, single use.
CREATE TABLE password_resets (
  token      BLOB    PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX password_resets_account ON password_resets (account_id);

-- Second factors. `secret` is asked for at logins; a new one waits in `pending`, beside it, until its first right code, so that
-- moving to another phone locks nobody out. `last_step` refuses a code seen before.
CREATE TABLE mfa_totp (
  account_id INTEGER PRIMARY KEY REFERENCES users (account_id) ON DELETE CASCADE,
  secret     BLOB,                                  -- NULL: the second factor is off
  pending    BLOB,
  last_step  INTEGER NOT NULL DEFAULT 0
);
-- What logs in when the phone is lost: each row once. They may be made before the second factor is switched on.
CREATE TABLE mfa_backup_codes (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  code       BLOB    NOT NULL,                      -- SHA-256
  PRIMARY KEY (account_id, code)
) WITHOUT ROWID;

-- Invitations to register (pleroma-contract C.5).
CREATE TABLE invites (
  id         INTEGER PRIMARY KEY,
  token      TEXT    NOT NULL UNIQUE,
  max_use    INTEGER,
  expires_on TEXT,                                  -- YYYY-MM-DD, that day included
  uses       INTEGER NOT NULL DEFAULT 0,
  used       INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);

-- OAuth applications, and the tokens people gave them.
CREATE TABLE apps (
  id            INTEGER PRIMARY KEY,
  name          TEXT    NOT NULL,
  website       TEXT,
  client_id     TEXT    NOT NULL UNIQUE,
  client_secret BLOB    NOT NULL,                   -- SHA-256
  redirect_uris TEXT    NOT NULL,                   -- separated by newlines
  scopes        TEXT    NOT NULL,
  trusted       INTEGER NOT NULL DEFAULT 0,         -- registers people without a captcha
  created_at    INTEGER NOT NULL
);

-- Codes between the consent page and the token endpoint: single use, ten minutes.
-- A used code stays until it expires, so that its second use can end the tokens that it made.
CREATE TABLE oauth_codes (
  code           BLOB    PRIMARY KEY,               -- SHA-256
  app_id         INTEGER NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  account_id     INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  redirect_uri   TEXT    NOT NULL,
  scopes         TEXT    NOT NULL,
  code_challenge TEXT,                              -- S256 only
  expires_at     INTEGER NOT NULL,
  used_token_id  INTEGER                            -- NULL: not exchanged yet
) WITHOUT ROWID;
CREATE INDEX oauth_codes_account ON oauth_codes (account_id);
CREATE INDEX oauth_codes_app ON oauth_codes (app_id);
CREATE INDEX oauth_codes_age ON oauth_codes (expires_at);

CREATE TABLE tokens (
  id            INTEGER PRIMARY KEY,
  access_hash   BLOB    NOT NULL UNIQUE,            -- SHA-256: a leaked file gives nobody a login
  refresh_hash  BLOB    UNIQUE,
  app_id        INTEGER REFERENCES apps (id) ON DELETE CASCADE,
  account_id    INTEGER REFERENCES users (account_id) ON DELETE CASCADE,  -- NULL: the app itself
  scopes        TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL
);
CREATE INDEX tokens_account ON tokens (account_id);
CREATE INDEX tokens_app ON tokens (app_id);

-- Logins that were right so far and wait for the second factor: five minutes.
CREATE TABLE mfa_tokens (
  token          BLOB    PRIMARY KEY,               -- SHA-256
  account_id     INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  app_id         INTEGER NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  scopes         TEXT    NOT NULL,
  redirect_uri   TEXT,                              -- of a login on the authorize page, which ends in a code; NULL: in a token
  code_challenge TEXT,                              -- as in oauth_codes
  attempts       INTEGER NOT NULL DEFAULT 0,
  expires_at     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX mfa_tokens_account ON mfa_tokens (account_id);
CREATE INDEX mfa_tokens_app ON mfa_tokens (app_id);

-- Session cookies: each stands for one token and dies with it.
CREATE TABLE sessions (
  cookie_hash BLOB    PRIMARY KEY,
  token_id    INTEGER NOT NULL REFERENCES tokens (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX sessions_token ON sessions (token_id);

-- Threads. Every status belongs to one; `uri` is the ActivityPub context, kept short (src/db/addresses.rs). One goes only with its last
-- post that is pruned.
CREATE TABLE conversations (
  id  INTEGER PRIMARY KEY,
  uri TEXT NOT NULL UNIQUE
);

-- Link previews, one per address and shared by the statuses that link to it. Text and addresses only, never markup.
CREATE TABLE cards (
  id            INTEGER PRIMARY KEY,
  url           TEXT    NOT NULL UNIQUE,
  found         INTEGER NOT NULL DEFAULT 0,         -- 0: nothing to show there, or not fetched yet
  title         TEXT    NOT NULL DEFAULT '',
  description   TEXT    NOT NULL DEFAULT '',
  image         TEXT,
  author_name   TEXT    NOT NULL DEFAULT '',
  author_url    TEXT    NOT NULL DEFAULT '',
  provider_name TEXT    NOT NULL DEFAULT '',
  provider_url  TEXT    NOT NULL DEFAULT '',
  opengraph     TEXT    NOT NULL DEFAULT '{}',      -- JSON {property: text}
  fetched_at    INTEGER NOT NULL,                   -- the last try
  fetched_by    INTEGER                             -- the job that is at it
);

-- Posts, here and elsewhere. A reblog is a row with `reblog_of_id` and no content of its own.
CREATE TABLE statuses (
  id                     INTEGER PRIMARY KEY,
  uri                    TEXT    NOT NULL UNIQUE,
  url                    TEXT,                      -- its page; '=': the same as uri, '@': what Mastodon makes of it
  account_id             INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  local                  INTEGER NOT NULL DEFAULT 1,
  visibility             INTEGER NOT NULL CHECK (visibility BETWEEN 0 AND 5), -- public, unlisted, private, direct, list, local
  conversation_id        INTEGER NOT NULL REFERENCES conversations (id),
  in_reply_to_id         INTEGER REFERENCES statuses (id) ON DELETE SET NULL,
  in_reply_to_account_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
  in_reply_to_uri        TEXT,                      -- a parent that we could not get
  reblog_of_id           INTEGER REFERENCES statuses (id) ON DELETE CASCADE,
  quote_of_id            INTEGER REFERENCES statuses (id) ON DELETE SET NULL,
  quote_uri              TEXT,                      -- what it quotes, also where that is gone or was never known here
  quote_state            TEXT    CHECK (quote_state IN ('pending','accepted','rejected','revoked')),  -- says the author of that
  quote_authorization    TEXT,                      -- id of the consent (FEP-044f)
  quote_policy           TEXT    CHECK (quote_policy IN ('public','followers','nobody','manual')),  -- who may quote it; NULL: not said
  content                TEXT    NOT NULL DEFAULT '',  -- sanitised HTML
  content_type           TEXT    NOT NULL DEFAULT 'text/plain',
  source                 TEXT,                      -- as typed; NULL where never known
  spoiler_text           TEXT    NOT NULL DEFAULT '',
  sensitive              INTEGER NOT NULL DEFAULT 0,
  language               TEXT,
  emojis                 TEXT    NOT NULL DEFAULT '[]',  -- JSON [{shortcode, url}] of remote custom emoji
  card_id                INTEGER REFERENCES cards (id) ON DELETE SET NULL,  -- preview of the first link
  app_id                 INTEGER REFERENCES apps (id) ON DELETE SET NULL,
  created_at             INTEGER NOT NULL,
  edited_at              INTEGER,
  expires_at             INTEGER,
  replies_count          INTEGER NOT NULL DEFAULT 0,
  reblogs_count          INTEGER NOT NULL DEFAULT 0,
  favourites_count       INTEGER NOT NULL DEFAULT 0,
  quotes_count           INTEGER NOT NULL DEFAULT 0,   -- with consent, where everybody sees them
  -- The same as their origin counts them, last we looked: shown where they are more than we know of.
  remote_replies         INTEGER NOT NULL DEFAULT 0,
  remote_reblogs         INTEGER NOT NULL DEFAULT 0,
  remote_favourites      INTEGER NOT NULL DEFAULT 0,
  received_at            INTEGER,                   -- remote: when it came, where that was long after its date
  list_id                INTEGER REFERENCES lists (id) ON DELETE SET NULL,  -- whose members it is for
  rev                    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX statuses_account ON statuses (account_id, id);
CREATE INDEX statuses_list ON statuses (list_id) WHERE list_id IS NOT NULL;
CREATE INDEX statuses_conversation ON statuses (conversation_id, id);
-- Threads that somebody here wrote in: they are kept whole.
CREATE INDEX statuses_conversation_local ON statuses (conversation_id) WHERE local = 1;
CREATE INDEX statuses_parent ON statuses (in_reply_to_id) WHERE in_reply_to_id IS NOT NULL;
-- Those whose parent we could not get: should it come, they are hung below it.
CREATE INDEX statuses_orphans ON statuses (in_reply_to_uri) WHERE in_reply_to_uri IS NOT NULL;
CREATE INDEX statuses_parent_account ON statuses (in_reply_to_account_id) WHERE in_reply_to_account_id IS NOT NULL;
CREATE UNIQUE INDEX statuses_reblog ON statuses (reblog_of_id, account_id) WHERE reblog_of_id IS NOT NULL;
CREATE INDEX statuses_reblog_list ON statuses (reblog_of_id, id) WHERE reblog_of_id IS NOT NULL;
CREATE INDEX statuses_quote ON statuses (quote_of_id) WHERE quote_of_id IS NOT NULL;
CREATE INDEX statuses_quote_authorization ON statuses (quote_authorization) WHERE quote_authorization IS NOT NULL;
CREATE INDEX statuses_card ON statuses (card_id) WHERE card_id IS NOT NULL;
CREATE INDEX statuses_app ON statuses (app_id) WHERE app_id IS NOT NULL;
CREATE INDEX statuses_expiry ON statuses (expires_at) WHERE expires_at IS NOT NULL;
-- Direct messages that somebody wrote; those received are found through mentions.
CREATE INDEX statuses_direct ON statuses (account_id, id) WHERE visibility = 3;
-- The public timelines: all, and ours only.
CREATE INDEX statuses_public ON statuses (id) WHERE visibility = 0 AND reblog_of_id IS NULL;
CREATE INDEX statuses_public_local ON statuses (id) WHERE visibility = 0 AND reblog_of_id IS NULL AND local = 1;
-- What admins look through.
CREATE INDEX statuses_local ON statuses (id) WHERE local = 1;

-- How many statuses there are, reblogs apart, by host and visibility (GET /api/pleroma/admin/stats).
CREATE TABLE status_counts (
  host       TEXT    NOT NULL,
  visibility INTEGER NOT NULL,
  statuses   INTEGER NOT NULL,
  PRIMARY KEY (host, visibility)
) WITHOUT ROWID;

-- Ids of posts that are gone, so that their address answers 410 and a late copy is not taken in again.
CREATE TABLE tombstones (
  uri        TEXT    PRIMARY KEY,
  deleted_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What a status said before it was edited: one row per version that was replaced. The present one is in `statuses`.
CREATE TABLE status_edits (
  id           INTEGER PRIMARY KEY,
  status_id    INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  content      TEXT    NOT NULL,
  spoiler_text TEXT    NOT NULL,
  sensitive    INTEGER NOT NULL,
  emojis       TEXT    NOT NULL,                    -- JSON [{shortcode, url}] of remote custom emoji
  media        TEXT    NOT NULL DEFAULT '[]',       -- JSON [{id, description}]: rows of media that hang on the status still
  poll         TEXT    NOT NULL DEFAULT '[]',       -- JSON: the options of its poll
  created_at   INTEGER NOT NULL                     -- when this version came to be
);
CREATE INDEX status_edits_status ON status_edits (status_id, id);

-- Who a status is addressed to by name. `silent`: addressed without a mention in the text.
CREATE TABLE mentions (
  status_id  INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  silent     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (status_id, account_id)
) WITHOUT ROWID;
CREATE INDEX mentions_account ON mentions (account_id, status_id);

CREATE TABLE tags (
  id             INTEGER PRIMARY KEY,
  name           TEXT    NOT NULL UNIQUE,           -- folded, without #
  statuses_count INTEGER NOT NULL DEFAULT 0,
  last_status_at INTEGER
);
CREATE TABLE status_tags (
  tag_id    INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  status_id INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  PRIMARY KEY (tag_id, status_id)
) WITHOUT ROWID;
CREATE INDEX status_tags_status ON status_tags (status_id);

-- Tags that somebody follows: public posts with them are shown at home.
CREATE TABLE tag_follows (
  id         INTEGER PRIMARY KEY,                   -- paging key
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  tag_id     INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  UNIQUE (account_id, tag_id)
);
CREATE INDEX tag_follows_list ON tag_follows (account_id, id);
CREATE INDEX tag_follows_tag ON tag_follows (tag_id, account_id);
-- Tags that somebody shows on the profile, with how often they used them where others see it.
CREATE TABLE featured_tags (
  id             INTEGER PRIMARY KEY,
  account_id     INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  tag_id         INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  statuses_count INTEGER NOT NULL DEFAULT 0,
  last_status_at INTEGER,
  UNIQUE (account_id, tag_id)
);
CREATE INDEX featured_tags_tag ON featured_tags (tag_id, account_id);
-- What is much talked of: use of tags and attention to posts by day (days since 1970), public posts only. A month is kept.
CREATE TABLE tag_days (
  day      INTEGER NOT NULL,
  tag_id   INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  uses     INTEGER NOT NULL DEFAULT 0,
  accounts INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, tag_id)
) WITHOUT ROWID;
CREATE INDEX tag_days_tag ON tag_days (tag_id, day);
CREATE TABLE tag_day_accounts (
  day        INTEGER NOT NULL,
  tag_id     INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (day, tag_id, account_id)
) WITHOUT ROWID;
CREATE INDEX tag_day_accounts_tag ON tag_day_accounts (tag_id);
CREATE INDEX tag_day_accounts_account ON tag_day_accounts (account_id);
CREATE TABLE status_days (
  day       INTEGER NOT NULL,
  status_id INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  score     INTEGER NOT NULL DEFAULT 0,             -- favourites and reblogs
  PRIMARY KEY (day, status_id)
) WITHOUT ROWID;
CREATE INDEX status_days_status ON status_days (status_id);
-- Public posts that link to a page, by day and author: what links are much shared. A month is kept.
CREATE TABLE card_days (
  day        INTEGER NOT NULL,
  card_id    INTEGER NOT NULL REFERENCES cards (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  uses       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, card_id, account_id)
) WITHOUT ROWID;
CREATE INDEX card_days_card ON card_days (card_id, day);
CREATE INDEX card_days_account ON card_days (account_id);

-- Posts that wait for their hour; a job posts them. `params` is what was asked for, JSON in the API's words.
CREATE TABLE scheduled_statuses (
  id           INTEGER PRIMARY KEY,
  account_id   INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  scheduled_at INTEGER NOT NULL,
  params       TEXT    NOT NULL
);
CREATE INDEX scheduled_statuses_owner ON scheduled_statuses (account_id, id);

-- Uploads and remote attachments. Without a status or a chat message it is an upload waiting to be posted.
CREATE TABLE media (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  status_id     INTEGER REFERENCES statuses (id) ON DELETE SET NULL,
  scheduled_id  INTEGER REFERENCES scheduled_statuses (id) ON DELETE SET NULL,  -- waits with it
  chat_message_id INTEGER REFERENCES chat_messages (id) ON DELETE SET NULL,
  position      INTEGER NOT NULL DEFAULT 0,         -- -1: an edit took it off; only earlier versions show it
  kind          TEXT    NOT NULL CHECK (kind IN ('image','gifv','video','audio','unknown')),
  mime          TEXT    NOT NULL,
  file          TEXT,                               -- name in uploads/
  preview_file  TEXT,
  remote_url    TEXT,
  remote_preview_url TEXT,                          -- a picture of what is no picture itself, elsewhere
  original_name TEXT    NOT NULL DEFAULT '',
  description   TEXT,
  blurhash      TEXT,
  width         INTEGER,
  height        INTEGER,
  preview_width  INTEGER,
  preview_height INTEGER,
  focus_x       REAL    NOT NULL DEFAULT 0,
  focus_y       REAL    NOT NULL DEFAULT 0,
  size          INTEGER NOT NULL DEFAULT 0,         -- bytes
  created_at    INTEGER NOT NULL
);
CREATE INDEX media_status ON media (status_id, position) WHERE status_id IS NOT NULL;
CREATE INDEX media_scheduled ON media (scheduled_id) WHERE scheduled_id IS NOT NULL;
CREATE INDEX media_chat_message ON media (chat_message_id) WHERE chat_message_id IS NOT NULL;
CREATE INDEX media_account ON media (account_id, id);

-- Polls, each hanging on a status. The counts are of the votes we know; another server's polls also take those of their origin.
CREATE TABLE polls (
  status_id    INTEGER PRIMARY KEY REFERENCES statuses (id) ON DELETE CASCADE,
  multiple     INTEGER NOT NULL DEFAULT 0,
  hide_totals  INTEGER NOT NULL DEFAULT 0,          -- the options' counts, until it is over
  expires_at   INTEGER,                             -- NULL: never
  voters_count INTEGER DEFAULT 0,                   -- NULL: the origin does not say
  -- Remote: when the counts were last taken from the origin. Ours: when other servers hear of them next, or last heard.
  counted_at   INTEGER
);
CREATE TABLE poll_options (
  status_id   INTEGER NOT NULL REFERENCES polls (status_id) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  title       TEXT    NOT NULL CHECK (length(title) BETWEEN 1 AND 1000),
  votes_count INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (status_id, position)
) WITHOUT ROWID;
CREATE TABLE poll_votes (
  status_id  INTEGER NOT NULL REFERENCES polls (status_id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,                      -- of the option
  uri        TEXT,                                  -- id of the Note that carries the vote
  created_at INTEGER NOT NULL,
  PRIMARY KEY (status_id, account_id, position)
) WITHOUT ROWID;
CREATE INDEX poll_votes_account ON poll_votes (account_id);

-- What people do with statuses. The rowid `id` is the paging key of the lists made from them.
CREATE TABLE favourites (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  status_id  INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  uri        TEXT,                                  -- id of the Like
  UNIQUE (account_id, status_id)
);
CREATE INDEX favourites_list ON favourites (account_id, id);
CREATE INDEX favourites_status ON favourites (status_id, id);
CREATE TABLE bookmark_folders (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  emoji      TEXT,                                  -- a Unicode emoji, or a shortcode of ours
  UNIQUE (account_id, name)
);
CREATE TABLE bookmarks (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  status_id  INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  folder_id  INTEGER REFERENCES bookmark_folders (id) ON DELETE SET NULL,
  UNIQUE (account_id, status_id)
);
CREATE INDEX bookmarks_list ON bookmarks (account_id, id);
CREATE INDEX bookmarks_status ON bookmarks (status_id);
CREATE INDEX bookmarks_folder ON bookmarks (folder_id, id) WHERE folder_id IS NOT NULL;
CREATE TABLE pins (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  status_id  INTEGER NOT NULL UNIQUE REFERENCES statuses (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL
);
CREATE INDEX pins_account ON pins (account_id, id);
-- Emoji reactions. `emoji` is the fully-qualified emoji, a shortcode, or shortcode@host.
CREATE TABLE reactions (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  status_id  INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  emoji      TEXT    NOT NULL,
  url        TEXT,                                  -- picture of a remote custom emoji
  uri        TEXT,                                  -- id of the EmojiReact
  UNIQUE (status_id, emoji, account_id)
);
CREATE INDEX reactions_account ON reactions (account_id);

-- The home timeline, written when a status arrives and read as one range of one index. A status takes its entries with it by
-- trigger (statuses_removed): an index for a foreign key would be one more page to write for each post.
CREATE TABLE home_entries (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  status_id  INTEGER NOT NULL,
  PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;

-- Lists: chosen people on a timeline of their own, followed or not.
CREATE TABLE lists (
  id             INTEGER PRIMARY KEY,
  account_id     INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  title          TEXT    NOT NULL,
  replies_policy TEXT    NOT NULL DEFAULT 'list' CHECK (replies_policy IN ('followed','list','none')),
  exclusive      INTEGER NOT NULL DEFAULT 0         -- its members' posts are not shown at home
);
CREATE INDEX lists_owner ON lists (account_id, id);
CREATE INDEX lists_exclusive ON lists (account_id) WHERE exclusive = 1;
CREATE TABLE list_members (
  id         INTEGER PRIMARY KEY,                   -- paging key
  list_id    INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  UNIQUE (list_id, account_id)
);
CREATE INDEX list_members_page ON list_members (list_id, id);
CREATE INDEX list_members_account ON list_members (account_id, list_id);
-- List timelines: every status of a member but direct ones, entered by trigger. Reading asks who may see it.
CREATE TABLE list_entries (
  list_id   INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
  status_id INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  PRIMARY KEY (list_id, status_id)
) WITHOUT ROWID;
CREATE INDEX list_entries_status ON list_entries (status_id);

-- Filters: words and posts that somebody wants hidden or warned of.
CREATE TABLE filters (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  title      TEXT    NOT NULL,
  contexts   INTEGER NOT NULL,                      -- where it applies: a bit each (db::filters::Context)
  action     TEXT    NOT NULL CHECK (action IN ('warn','hide','blur')),
  expires_at INTEGER                                -- applies until then; NULL: for ever
);
CREATE INDEX filters_owner ON filters (account_id, id);
CREATE TABLE filter_keywords (
  id         INTEGER PRIMARY KEY,
  filter_id  INTEGER NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
  keyword    TEXT    NOT NULL,
  whole_word INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX filter_keywords_filter ON filter_keywords (filter_id, id);
CREATE TABLE filter_statuses (
  id        INTEGER PRIMARY KEY,
  filter_id INTEGER NOT NULL REFERENCES filters (id) ON DELETE CASCADE,
  status_id INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  UNIQUE (filter_id, status_id)
);
CREATE INDEX filter_statuses_status ON filter_statuses (status_id);

-- A local person's side of a direct-message thread ("conversation" in the client API).
CREATE TABLE participations (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id      INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  last_status_id  INTEGER REFERENCES statuses (id) ON DELETE SET NULL,
  unread          INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, conversation_id)
);
CREATE INDEX participations_recent ON participations (account_id, last_status_id);
CREATE INDEX participations_last ON participations (last_status_id);
CREATE INDEX participations_conversation ON participations (conversation_id);
CREATE TABLE participation_recipients (
  participation_id INTEGER NOT NULL REFERENCES participations (id) ON DELETE CASCADE,
  account_id       INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (participation_id, account_id)
) WITHOUT ROWID;
CREATE INDEX participation_recipients_account ON participation_recipients (account_id);

-- What people listened to ("Listen" activities). The ids are unique over all tables, so `visible!` holds for these rows too.
CREATE TABLE scrobbles (
  id         INTEGER PRIMARY KEY,
  uri        TEXT    NOT NULL UNIQUE,               -- id of the Listen
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  visibility INTEGER NOT NULL CHECK (visibility BETWEEN 0 AND 5),  -- as of statuses
  title      TEXT    NOT NULL,
  artist     TEXT,
  album      TEXT,
  length     INTEGER,                               -- milliseconds
  link       TEXT,                                  -- where it can be heard
  created_at INTEGER NOT NULL
);
CREATE INDEX scrobbles_account ON scrobbles (account_id, id);

-- A local person's side of a chat with one other, here or elsewhere.
CREATE TABLE chats (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  other_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  bumped     INTEGER NOT NULL,                      -- an id as of now with each message: order and age of the chat
  UNIQUE (account_id, other_id)
);
CREATE INDEX chats_recent ON chats (account_id, bumped);
CREATE INDEX chats_other ON chats (other_id);
-- What is said in chats. One row, however many local sides have it; gone with the last of them.
CREATE TABLE chat_messages (
  id              INTEGER PRIMARY KEY,
  uri             TEXT    NOT NULL UNIQUE,          -- id of the ChatMessage
  account_id      INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,  -- who wrote it
  content         TEXT,                             -- sanitised HTML; NULL: an attachment only
  emojis          TEXT    NOT NULL DEFAULT '[]',    -- JSON [{shortcode, url}] of remote custom emoji
  idempotency_key TEXT,                             -- by which its author's client knows it again
  created_at      INTEGER NOT NULL
);
CREATE INDEX chat_messages_account ON chat_messages (account_id);
CREATE TABLE chat_entries (
  chat_id    INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  message_id INTEGER NOT NULL REFERENCES chat_messages (id) ON DELETE CASCADE,
  unread     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_id, message_id)
) WITHOUT ROWID;
CREATE INDEX chat_entries_message ON chat_entries (message_id);
CREATE INDEX chat_entries_unread ON chat_entries (chat_id) WHERE unread = 1;

-- Relationships between accounts.
CREATE TABLE follows (
  id           INTEGER PRIMARY KEY,                 -- paging key
  account_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  pending      INTEGER NOT NULL DEFAULT 0,          -- a follow request until the target accepts
  show_reblogs INTEGER NOT NULL DEFAULT 1,
  languages    TEXT,                                -- JSON array, NULL: all
  uri          TEXT,                                -- id of the Follow
  created_at   INTEGER NOT NULL,
  UNIQUE (account_id, target_id)
);
CREATE INDEX follows_target ON follows (target_id, pending, id);
CREATE INDEX follows_list ON follows (account_id, pending, id);
CREATE TABLE blocks (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  target_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  uri        TEXT,
  UNIQUE (account_id, target_id)
);
CREATE INDEX blocks_target ON blocks (target_id, account_id);
CREATE TABLE mutes (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  target_id     INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  notifications INTEGER NOT NULL DEFAULT 1,
  expires_at    INTEGER,                            -- NULL: for ever
  UNIQUE (account_id, target_id)
);
CREATE INDEX mutes_target ON mutes (target_id);
CREATE TABLE domain_blocks (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  host       TEXT    NOT NULL,
  PRIMARY KEY (account_id, host)
) WITHOUT ROWID;
-- "Notify me of every post", independent of following.
CREATE TABLE subscriptions (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  target_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;
CREATE INDEX subscriptions_target ON subscriptions (target_id);
CREATE TABLE account_notes (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  target_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  comment    TEXT    NOT NULL CHECK (length(comment) <= 5000),
  PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;
CREATE INDEX account_notes_target ON account_notes (target_id);
-- People whom somebody recommends on the profile; one follows them.
CREATE TABLE endorsements (
  id         INTEGER PRIMARY KEY,                   -- paging key
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  target_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  UNIQUE (account_id, target_id)
);
CREATE INDEX endorsements_list ON endorsements (account_id, id);
CREATE INDEX endorsements_target ON endorsements (target_id);
-- People of whom somebody does not want to be told again that they might be worth following.
CREATE TABLE suggestion_dismissals (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  target_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, target_id)
) WITHOUT ROWID;
CREATE INDEX suggestion_dismissals_target ON suggestion_dismissals (target_id);
CREATE TABLE conversation_mutes (
  account_id      INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  expires_at      INTEGER,
  PRIMARY KEY (account_id, conversation_id)
) WITHOUT ROWID;
CREATE INDEX conversation_mutes_conversation ON conversation_mutes (conversation_id);

CREATE TABLE notifications (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  actor_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind       TEXT    NOT NULL,                      -- the API's `type`
  status_id  INTEGER REFERENCES statuses (id) ON DELETE CASCADE,
  emoji      TEXT,
  chat_message_id INTEGER REFERENCES chat_messages (id) ON DELETE CASCADE,
  report_id  INTEGER REFERENCES reports (id) ON DELETE CASCADE,
  seen       INTEGER NOT NULL DEFAULT 0,            -- what is filtered counts as seen
  filtered   INTEGER NOT NULL DEFAULT 0,            -- kept back by the policy, to be asked for as a request
  created_at INTEGER NOT NULL
);
CREATE INDEX notifications_account ON notifications (account_id, id);
CREATE INDEX notifications_unseen ON notifications (account_id, actor_id, kind) WHERE seen = 0;  -- to count them
CREATE INDEX notifications_actor ON notifications (actor_id, account_id);
CREATE INDEX notifications_status ON notifications (status_id) WHERE status_id IS NOT NULL;
CREATE INDEX notifications_chat_message ON notifications (chat_message_id) WHERE chat_message_id IS NOT NULL;
CREATE INDEX notifications_report ON notifications (report_id) WHERE report_id IS NOT NULL;

-- Where clients want to be told of notifications while they do not run: one per token, which it dies with. Messages carry the
-- token, by which clients know whose they are; like all tokens it is not here in the clear, but sealed under a key of the server.
CREATE TABLE push_subscriptions (
  id           INTEGER PRIMARY KEY,
  token_id     INTEGER NOT NULL UNIQUE REFERENCES tokens (id) ON DELETE CASCADE,
  account_id   INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  endpoint     TEXT    NOT NULL CHECK (length(endpoint) <= 2000),
  p256dh       BLOB    NOT NULL,                    -- the client's public key …
  auth         BLOB    NOT NULL,                    -- … and the secret it shares with us
  standard     INTEGER NOT NULL DEFAULT 0,          -- RFC 8291; else the draft before it
  alerts       TEXT    NOT NULL DEFAULT '{}',       -- JSON {kind of notification: boolean}
  policy       TEXT    NOT NULL DEFAULT 'all' CHECK (policy IN ('all','followed','follower','none')),
  sealed_token TEXT                                 -- NULL: the client did not show one
);
CREATE INDEX push_subscriptions_account ON push_subscriptions (account_id);

CREATE INDEX notifications_filtered ON notifications (account_id, actor_id, id) WHERE filtered = 1;
-- Whose notifications somebody has kept back (1) or dropped (2); 0: told as any other. No row: nobody's.
CREATE TABLE notification_policies (
  account_id           INTEGER PRIMARY KEY REFERENCES users (account_id) ON DELETE CASCADE,
  for_not_following    INTEGER NOT NULL DEFAULT 0 CHECK (for_not_following BETWEEN 0 AND 2),
  for_not_followers    INTEGER NOT NULL DEFAULT 0 CHECK (for_not_followers BETWEEN 0 AND 2),
  for_new_accounts     INTEGER NOT NULL DEFAULT 0 CHECK (for_new_accounts BETWEEN 0 AND 2),
  for_private_mentions INTEGER NOT NULL DEFAULT 0 CHECK (for_private_mentions BETWEEN 0 AND 2),
  for_limited_accounts INTEGER NOT NULL DEFAULT 0 CHECK (for_limited_accounts BETWEEN 0 AND 2)
);
-- People whose notifications somebody wants, whatever the policy says.
CREATE TABLE notification_permissions (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  actor_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, actor_id)
) WITHOUT ROWID;
CREATE INDEX notification_permissions_actor ON notification_permissions (actor_id);

CREATE TABLE markers (
  account_id   INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  timeline     TEXT    NOT NULL,
  last_read_id INTEGER NOT NULL,
  version      INTEGER NOT NULL DEFAULT 1,
  updated_at   INTEGER NOT NULL,
  PRIMARY KEY (account_id, timeline)
) WITHOUT ROWID;

-- Lists of people, servers or posts that somebody follows, blocks, bookmarks… at once (pleroma-contract 2), worked off in the background. The figures
-- are kept in the transactions that change the rows.
CREATE TABLE imports (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  kind        TEXT    NOT NULL CHECK (kind IN ('follows','blocks','mutes','domain_blocks','lists','bookmarks')),
  total       INTEGER NOT NULL,
  done        INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  finished_at INTEGER
);
CREATE INDEX imports_account ON imports (account_id, id);
CREATE TABLE import_rows (
  import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
  position  INTEGER NOT NULL,
  who       TEXT    NOT NULL,                       -- as on the list
  options   TEXT    NOT NULL DEFAULT '{}',          -- JSON, what the list says beside the name
  state     TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','done','requested','failed')),
  error     TEXT,                                   -- why it failed, for the person to read
  PRIMARY KEY (import_id, position)
) WITHOUT ROWID;
CREATE INDEX import_rows_state ON import_rows (import_id, state, position);

-- What people take along of their accounts: archives, made in the background. The newest of each person is kept.
CREATE TABLE backups (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  state      TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending','complete','failed')),
  file       TEXT,                                  -- name in uploads/, once it is complete
  size       INTEGER NOT NULL DEFAULT 0,            -- bytes
  created_at INTEGER NOT NULL
);
CREATE INDEX backups_account ON backups (account_id, id);

-- First answers to requests with an Idempotency-Key, kept for an hour.
CREATE TABLE idempotent_answers (
  key          BLOB    PRIMARY KEY,                 -- SHA-256 of caller, method, path and key
  status       INTEGER NOT NULL,
  body         BLOB    NOT NULL,
  request_id   TEXT    NOT NULL,
  created_at   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotent_answers_age ON idempotent_answers (created_at);

-- Search. Contentless: the words are found here, the rows are read from their tables. Of statuses the rowid is the id negated.
CREATE VIRTUAL TABLE status_search USING fts5 (
  content, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2", detail = 'full'
);
CREATE VIRTUAL TABLE account_search USING fts5 (
  handle, display_name, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3'
);

-- Work that outlives a request. Written in the transaction of the change that it announces (src/jobs).
CREATE TABLE jobs (
  id          INTEGER PRIMARY KEY,
  kind        TEXT    NOT NULL,
  payload     TEXT    NOT NULL,                     -- JSON
  run_at      INTEGER NOT NULL,                     -- not before
  attempts    INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,           -- somebody works on it until then; leases end at start
  dead        INTEGER NOT NULL DEFAULT 0,           -- given up; kept for the admin to see
  last_error  TEXT,
  slow        INTEGER NOT NULL DEFAULT 0            -- it waits for other servers: not to be done in between
);
CREATE INDEX jobs_due ON jobs (slow, run_at) WHERE dead = 0;

-- What the staff has to say to everybody here.
CREATE TABLE announcements (
  id           INTEGER PRIMARY KEY,
  source       TEXT    NOT NULL,                    -- as typed
  content      TEXT    NOT NULL,                    -- sanitised HTML
  tags         TEXT    NOT NULL DEFAULT '[]',       -- JSON array of folded hashtags in it
  starts_at    INTEGER,                             -- shown from then
  ends_at      INTEGER,                             -- and until then
  all_day      INTEGER NOT NULL DEFAULT 0,          -- the two above are meant as days
  published_at INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
);
CREATE TABLE announcement_reads (
  announcement_id INTEGER NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
  account_id      INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  PRIMARY KEY (announcement_id, account_id)
) WITHOUT ROWID;
CREATE INDEX announcement_reads_account ON announcement_reads (account_id);
CREATE TABLE announcement_reactions (
  id              INTEGER PRIMARY KEY,
  announcement_id INTEGER NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
  account_id      INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  emoji           TEXT    NOT NULL,                 -- as in reactions
  UNIQUE (announcement_id, emoji, account_id)
);
CREATE INDEX announcement_reactions_account ON announcement_reactions (account_id);

-- The rules of this server.
CREATE TABLE rules (
  id       INTEGER PRIMARY KEY,
  priority INTEGER NOT NULL DEFAULT 0,              -- higher ones first
  text     TEXT    NOT NULL,
  hint     TEXT    NOT NULL DEFAULT ''
);

-- Federation. What was said to other servers: each activity once, however many get it.
CREATE TABLE activities (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,  -- who signs; NULL: the server itself
  status_id  INTEGER REFERENCES statuses (id) ON DELETE SET NULL, -- the post that it carries, while that exists
  json       TEXT    NOT NULL,
  about      TEXT,                                  -- of all that say how the same thing stands, only the newest is sent
  created_at INTEGER NOT NULL,
  as_relay   INTEGER NOT NULL DEFAULT 0,            -- the server itself says it, to relays
  former_key BLOB                                   -- PKCS#8: signed with the key that its author had before, which this ends
);
CREATE INDEX activities_about ON activities (about) WHERE about IS NOT NULL;
CREATE INDEX activities_account ON activities (account_id);
CREATE INDEX activities_status ON activities (status_id) WHERE status_id IS NOT NULL;
CREATE INDEX activities_age ON activities (created_at);
-- Who is to get it: one row per inbox. `urgency` 0 goes before 1 (deletions and withdrawals) and 3 (profiles); 2 is not
-- tried again.
CREATE TABLE deliveries (
  id          INTEGER PRIMARY KEY,
  activity_id INTEGER NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
  inbox       TEXT    NOT NULL,
  host        TEXT    NOT NULL,
  state       INTEGER NOT NULL DEFAULT 0,           -- 0 due, 1 done, 2 given up
  urgency     INTEGER NOT NULL DEFAULT 0,
  attempts    INTEGER NOT NULL DEFAULT 0,
  run_at      INTEGER NOT NULL,
  lease_until INTEGER NOT NULL DEFAULT 0,           -- a worker has it until then; leases end at start
  last_status INTEGER,                              -- the HTTP status of the last answer
  last_error  TEXT,
  refused     INTEGER NOT NULL DEFAULT 0,           -- the host had it and did not take it: younger ones go past it
  UNIQUE (activity_id, inbox)
);
CREATE INDEX deliveries_due ON deliveries (urgency, run_at) WHERE state = 0;
CREATE INDEX deliveries_host ON deliveries (host) WHERE state = 0;
-- Inboxes of which their servers say that they are gone (410): nothing is brought there until those whose they are speak to us.
CREATE TABLE gone_inboxes (
  inbox TEXT    PRIMARY KEY,
  since INTEGER NOT NULL
) WITHOUT ROWID;
-- What is known of other servers as such. `fails` counts failures since the last success; until `retry_at` nobody asks.
CREATE TABLE hosts (
  host       TEXT    PRIMARY KEY,
  fails      INTEGER NOT NULL DEFAULT 0,
  down_since INTEGER,
  retry_at   INTEGER NOT NULL DEFAULT 0,
  signature  TEXT    CHECK (signature IN ('cavage','rfc9421')),   -- which standard it took last
  signature_at INTEGER,
  software   TEXT,                                  -- NodeInfo's name of it
  software_at INTEGER
) WITHOUT ROWID;
-- What the admins decided about other servers (federation.md 9.3); each row holds for the host and for all below it.
CREATE TABLE domain_policies (
  id              INTEGER PRIMARY KEY,
  host            TEXT    NOT NULL UNIQUE CHECK (length(host) BETWEEN 1 AND 255),
  severity        TEXT    NOT NULL DEFAULT 'silence' CHECK (severity IN ('noop','silence','suspend')),
  reject_media    INTEGER NOT NULL DEFAULT 0,       -- attachments and profile pictures are left out
  reject_reports  INTEGER NOT NULL DEFAULT 0,
  reject_deletes  INTEGER NOT NULL DEFAULT 0,
  mark_sensitive  INTEGER NOT NULL DEFAULT 0,
  followers_only  INTEGER NOT NULL DEFAULT 0,       -- what everybody could see is for followers alone
  obfuscate       INTEGER NOT NULL DEFAULT 0,       -- the name is not shown in full where it is public
  public_comment  TEXT    NOT NULL DEFAULT '',
  private_comment TEXT    NOT NULL DEFAULT '',
  created_at      INTEGER NOT NULL
);
-- The only servers that are spoken with, where the settings say so (federation.allow_list).
CREATE TABLE domain_allows (
  id         INTEGER PRIMARY KEY,
  host       TEXT    NOT NULL UNIQUE CHECK (length(host) BETWEEN 1 AND 255),
  created_at INTEGER NOT NULL
);
-- Files of other servers that nobody gets through this one (media_proxy).
CREATE TABLE media_proxy_bans (
  id  INTEGER PRIMARY KEY,
  url TEXT    NOT NULL UNIQUE
);
-- Servers that pass public posts on to all who follow them (federation.md 9.5); the admins decide which ones we follow. The id is
-- that of our Follow too (/activities/ID).
CREATE TABLE relays (
  id         INTEGER PRIMARY KEY,
  url        TEXT    NOT NULL UNIQUE CHECK (length(url) <= 2000),  -- as it was named: the relay's actor or its inbox
  kind       TEXT    NOT NULL CHECK (kind IN ('litepub','mastodon')),
  inbox      TEXT    NOT NULL,
  account_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,  -- its actor; where only the inbox was named: once it answers
  state      TEXT    NOT NULL DEFAULT 'asked' CHECK (state IN ('asked','accepted','refused')),
  created_at INTEGER NOT NULL
);
CREATE INDEX relays_account ON relays (account_id) WHERE account_id IS NOT NULL;
-- What arrived and was not acted upon yet. `signer_id` NULL: the signature could not be checked yet, `head` has it.
CREATE TABLE inbox_items (
  id           INTEGER PRIMARY KEY,
  actor        TEXT    NOT NULL,                    -- who says it: items of one actor are taken in order
  host         TEXT    NOT NULL,
  signer_id    INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
  recipient_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,  -- whose inbox it came to; NULL: the shared one
  head         TEXT,                                -- JSON, of unchecked ones
  body         TEXT    NOT NULL,
  received_at  INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  run_at       INTEGER NOT NULL,
  last_error   TEXT
);
CREATE INDEX inbox_items_due ON inbox_items (run_at);
CREATE INDEX inbox_items_unchecked ON inbox_items (host) WHERE signer_id IS NULL;
CREATE INDEX inbox_items_signer ON inbox_items (signer_id) WHERE signer_id IS NOT NULL;
CREATE INDEX inbox_items_recipient ON inbox_items (recipient_id) WHERE recipient_id IS NOT NULL;
-- Ids of activities that had their effect: nothing is applied twice.
CREATE TABLE seen_activities (
  uri     TEXT    PRIMARY KEY,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX seen_activities_age ON seen_activities (seen_at);
-- Which servers have a post of ours: those that it was brought to and those that came for it (`fetched`). By `inbox` each
-- of them hears what becomes of it.
CREATE TABLE status_hosts (
  status_id INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  inbox     TEXT    NOT NULL,
  host      TEXT    NOT NULL,
  fetched   INTEGER NOT NULL DEFAULT 0,
  since     INTEGER NOT NULL,
  PRIMARY KEY (status_id, inbox)
) WITHOUT ROWID;
-- Undoing names what is undone by its id.
CREATE INDEX favourites_uri ON favourites (uri) WHERE uri IS NOT NULL;
CREATE INDEX reactions_uri ON reactions (uri) WHERE uri IS NOT NULL;
CREATE INDEX follows_uri ON follows (uri) WHERE uri IS NOT NULL;
CREATE INDEX blocks_uri ON blocks (uri) WHERE uri IS NOT NULL;
-- Reports of accounts to the admins, from here or forwarded by other servers.
CREATE TABLE reports (
  id         INTEGER PRIMARY KEY,
  uri        TEXT    NOT NULL UNIQUE,               -- id of the Flag
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,  -- who reports
  target_id  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,  -- who is reported
  comment    TEXT    NOT NULL DEFAULT '',
  category   TEXT    NOT NULL DEFAULT 'other' CHECK (category IN ('spam','legal','violation','other')),
  rules      TEXT    NOT NULL DEFAULT '[]',         -- JSON array of rule ids
  forward    INTEGER NOT NULL DEFAULT 0,            -- the other server is to hear of it
  state      TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open','closed','resolved')),
  created_at INTEGER NOT NULL
);
CREATE INDEX reports_account ON reports (account_id);
CREATE INDEX reports_target ON reports (target_id);
CREATE TABLE report_statuses (
  report_id INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  status_id INTEGER NOT NULL REFERENCES statuses (id) ON DELETE CASCADE,
  PRIMARY KEY (report_id, status_id)
) WITHOUT ROWID;
CREATE INDEX report_statuses_status ON report_statuses (status_id);
CREATE TABLE report_notes (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  report_id  INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  content    TEXT    NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX report_notes_report ON report_notes (report_id, id);
CREATE INDEX report_notes_account ON report_notes (account_id);

-- What an admin did.
CREATE TABLE moderation_log (
  id         INTEGER PRIMARY KEY,
  actor_id   INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
  data       TEXT    NOT NULL,                      -- JSON
  message    TEXT    NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX moderation_log_actor ON moderation_log (actor_id) WHERE actor_id IS NOT NULL;

-- Secrets and switches of this server: push and form keys, settings that an admin changed while it runs.
CREATE TABLE server_state (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- What everybody sees of a row changed: let cached renderings of it be forgotten. Whoever counts one up or down says so in the same
-- statement: a trigger would write the row twice.
CREATE TRIGGER accounts_rev AFTER UPDATE OF username, url, actor_type, display_name, note, fields, emojis, avatar, header, background,
  locked, discoverable, hide_favourites, hide_followers, hide_follows, hide_followers_count, hide_follows_count, accepts_chat_messages,
  also_known_as, moved_to_id, moderation_tags, followers_count, following_count, hidden, deactivated
  ON accounts BEGIN UPDATE accounts SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER users_rev AFTER UPDATE OF is_admin, is_moderator, show_role, confirmation_pending, skip_thread_containment, no_rich_text
  ON users BEGIN UPDATE accounts SET rev = rev + 1 WHERE id = new.account_id; END;
CREATE TRIGGER statuses_rev AFTER UPDATE OF visibility, in_reply_to_id, content, spoiler_text, sensitive, language, emojis, edited_at,
  quote_of_id ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER media_rev AFTER UPDATE ON media WHEN new.status_id IS NOT NULL
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.status_id; END;
CREATE TRIGGER cards_rev AFTER UPDATE OF found, title, description, image, author_name, provider_name, opengraph ON cards
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE card_id = new.id; END;
CREATE TRIGGER card_rev AFTER UPDATE OF card_id ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER quotes_rev AFTER UPDATE OF quotes_count, quote_state, quote_policy
  ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER remote_counts_rev AFTER UPDATE OF remote_replies, remote_reblogs, remote_favourites
  ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER poll_options_rev AFTER UPDATE OF votes_count ON poll_options
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.status_id; END;
CREATE TRIGGER polls_rev AFTER UPDATE OF hide_totals, expires_at, voters_count ON polls
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.status_id; END;

-- Counters
CREATE TRIGGER favourites_added AFTER INSERT ON favourites
  BEGIN UPDATE statuses SET favourites_count = favourites_count + 1, rev = rev + 1 WHERE id = new.status_id; END;
CREATE TRIGGER favourites_removed AFTER DELETE ON favourites
  BEGIN UPDATE statuses SET favourites_count = favourites_count - 1, rev = rev + 1 WHERE id = old.status_id; END;
CREATE TRIGGER reactions_added AFTER INSERT ON reactions
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.status_id; END;
CREATE TRIGGER reactions_removed AFTER DELETE ON reactions
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = old.status_id; END;
CREATE TRIGGER quotes_decided AFTER UPDATE OF quote_state ON statuses
  WHEN new.visibility < 2 AND (old.quote_state IS 'accepted') <> (new.quote_state IS 'accepted') BEGIN
  UPDATE statuses SET quotes_count = max(quotes_count + CASE new.quote_state WHEN 'accepted' THEN 1 ELSE -1 END, 0) WHERE id = new.quote_of_id;
END;
CREATE TRIGGER quotes_removed BEFORE DELETE ON statuses WHEN old.visibility < 2 AND old.quote_state = 'accepted'
  BEGIN UPDATE statuses SET quotes_count = max(quotes_count - 1, 0) WHERE id = old.quote_of_id; END;
CREATE TRIGGER poll_votes_added AFTER INSERT ON poll_votes BEGIN
  UPDATE polls SET voters_count = voters_count + 1 WHERE status_id = new.status_id
    AND (SELECT count(*) FROM poll_votes WHERE status_id = new.status_id AND account_id = new.account_id) = 1;
  UPDATE poll_options SET votes_count = votes_count + 1 WHERE status_id = new.status_id AND position = new.position;
END;
CREATE TRIGGER poll_votes_removed AFTER DELETE ON poll_votes BEGIN
  UPDATE polls SET voters_count = max(voters_count - 1, 0) WHERE status_id = old.status_id
    AND NOT EXISTS (SELECT 1 FROM poll_votes WHERE status_id = old.status_id AND account_id = old.account_id);
  UPDATE poll_options SET votes_count = max(votes_count - 1, 0) WHERE status_id = old.status_id AND position = old.position;
END;
CREATE TRIGGER follows_added AFTER INSERT ON follows WHEN new.pending = 0 BEGIN
  UPDATE accounts SET following_count = following_count + 1 WHERE id = new.account_id;
  UPDATE accounts SET followers_count = followers_count + 1 WHERE id = new.target_id;
END;
CREATE TRIGGER follows_accepted AFTER UPDATE OF pending ON follows WHEN old.pending = 1 AND new.pending = 0 BEGIN
  UPDATE accounts SET following_count = following_count + 1 WHERE id = new.account_id;
  UPDATE accounts SET followers_count = followers_count + 1 WHERE id = new.target_id;
END;
CREATE TRIGGER follows_removed AFTER DELETE ON follows WHEN old.pending = 0 BEGIN
  UPDATE accounts SET following_count = following_count - 1 WHERE id = old.account_id;
  UPDATE accounts SET followers_count = followers_count - 1 WHERE id = old.target_id;
END;
CREATE TRIGGER statuses_added AFTER INSERT ON statuses BEGIN
  UPDATE accounts SET statuses_count = statuses_count + (new.visibility < 3), last_status_at = max(coalesce(last_status_at, 0), new.created_at),
                      rev = rev + 1
    WHERE id = new.account_id;
  UPDATE statuses SET replies_count = replies_count + 1, rev = rev + 1 WHERE id = new.in_reply_to_id AND new.visibility < 3;
  UPDATE statuses SET reblogs_count = reblogs_count + 1, rev = rev + 1 WHERE id = new.reblog_of_id;
END;
CREATE TRIGGER statuses_removed BEFORE DELETE ON statuses BEGIN
  UPDATE accounts SET statuses_count = statuses_count - (old.visibility < 3), rev = rev + 1 WHERE id = old.account_id;
  UPDATE statuses SET replies_count = replies_count - 1, rev = rev + 1 WHERE id = old.in_reply_to_id AND old.visibility < 3;
  UPDATE statuses SET reblogs_count = reblogs_count - 1, rev = rev + 1 WHERE id = old.reblog_of_id;
  DELETE FROM status_search WHERE rowid = -old.id;
  DELETE FROM home_entries WHERE account_id IN (SELECT account_id FROM users) AND status_id = old.id;
END;
-- What people here do with a post from elsewhere its origin hears of and counts too.
CREATE TRIGGER own_acts_added AFTER INSERT ON statuses WHEN new.local = 1 BEGIN
  UPDATE statuses SET remote_replies = remote_replies + 1 WHERE id = new.in_reply_to_id AND new.visibility < 3 AND remote_replies > 0;
  UPDATE statuses SET remote_reblogs = remote_reblogs + 1 WHERE id = new.reblog_of_id AND remote_reblogs > 0;
END;
CREATE TRIGGER own_acts_removed BEFORE DELETE ON statuses WHEN old.local = 1 BEGIN
  UPDATE statuses SET remote_replies = remote_replies - 1 WHERE id = old.in_reply_to_id AND old.visibility < 3 AND remote_replies > 0;
  UPDATE statuses SET remote_reblogs = remote_reblogs - 1 WHERE id = old.reblog_of_id AND remote_reblogs > 0;
END;
CREATE TRIGGER own_favourites_added AFTER INSERT ON favourites WHEN EXISTS (SELECT 1 FROM users WHERE account_id = new.account_id)
  BEGIN UPDATE statuses SET remote_favourites = remote_favourites + 1 WHERE id = new.status_id AND remote_favourites > 0; END;
CREATE TRIGGER own_favourites_removed AFTER DELETE ON favourites WHEN EXISTS (SELECT 1 FROM users WHERE account_id = old.account_id)
  BEGIN UPDATE statuses SET remote_favourites = remote_favourites - 1 WHERE id = old.status_id AND remote_favourites > 0; END;
CREATE TRIGGER statuses_listed AFTER INSERT ON statuses WHEN new.visibility <> 3
  BEGIN INSERT INTO list_entries (list_id, status_id) SELECT list_id, new.id FROM list_members WHERE account_id = new.account_id; END;
-- A direct message goes: the one before it is the last one of its conversations.
CREATE TRIGGER direct_removed BEFORE DELETE ON statuses WHEN old.visibility = 3 BEGIN
  UPDATE participations SET (last_status_id, unread) =
      (SELECT max(s.id), participations.unread AND max(s.id) IS NOT NULL FROM statuses AS s
        WHERE s.conversation_id = old.conversation_id AND s.visibility = 3 AND s.id <> old.id
          AND (s.account_id = participations.account_id
               OR EXISTS (SELECT 1 FROM mentions WHERE status_id = s.id AND account_id = participations.account_id)))
    WHERE last_status_id = old.id;
END;
CREATE TRIGGER chat_entries_removed AFTER DELETE ON chat_entries BEGIN
  DELETE FROM chat_messages WHERE id = old.message_id AND NOT EXISTS (SELECT 1 FROM chat_entries WHERE message_id = old.message_id);
END;
-- Attachments that live elsewhere have no file to remove, so they go with their message.
CREATE TRIGGER chat_messages_removed BEFORE DELETE ON chat_messages
  BEGIN DELETE FROM media WHERE chat_message_id = old.id AND file IS NULL AND preview_file IS NULL; END;
CREATE TRIGGER statuses_counted AFTER INSERT ON statuses WHEN new.reblog_of_id IS NULL BEGIN
  INSERT INTO status_counts (host, visibility, statuses) VALUES ((SELECT host FROM accounts WHERE id = new.account_id), new.visibility, 1)
    ON CONFLICT DO UPDATE SET statuses = statuses + 1;
END;
CREATE TRIGGER statuses_recounted AFTER UPDATE OF visibility ON statuses
  WHEN new.reblog_of_id IS NULL AND new.visibility <> old.visibility BEGIN
  UPDATE status_counts SET statuses = statuses - 1
    WHERE host = (SELECT host FROM accounts WHERE id = old.account_id) AND visibility = old.visibility;
  INSERT INTO status_counts (host, visibility, statuses) VALUES ((SELECT host FROM accounts WHERE id = new.account_id), new.visibility, 1)
    ON CONFLICT DO UPDATE SET statuses = statuses + 1;
END;
CREATE TRIGGER statuses_uncounted BEFORE DELETE ON statuses WHEN old.reblog_of_id IS NULL BEGIN
  UPDATE status_counts SET statuses = statuses - 1
    WHERE host = (SELECT host FROM accounts WHERE id = old.account_id) AND visibility = old.visibility;
END;
CREATE TRIGGER status_tags_added AFTER INSERT ON status_tags BEGIN
  UPDATE tags SET statuses_count = statuses_count + 1, last_status_at = (SELECT created_at FROM statuses WHERE id = new.status_id)
    WHERE id = new.tag_id;
END;
CREATE TRIGGER status_tags_removed AFTER DELETE ON status_tags
  BEGIN UPDATE tags SET statuses_count = statuses_count - 1 WHERE id = old.tag_id; END;
CREATE TRIGGER accounts_searchable AFTER INSERT ON accounts
  BEGIN INSERT INTO account_search (rowid, handle, display_name) VALUES (new.id, new.username || ' ' || new.host, new.display_name); END;
CREATE TRIGGER accounts_unsearchable AFTER DELETE ON accounts
  BEGIN DELETE FROM account_search WHERE rowid = old.id; END;
CREATE TRIGGER accounts_renamed AFTER UPDATE OF username, display_name ON accounts
  BEGIN UPDATE account_search SET handle = new.username || ' ' || new.host, display_name = new.display_name WHERE rowid = new.id; END;

-- Tags: followers read of them at home, profiles and trends count them.
CREATE TRIGGER status_tags_used AFTER INSERT ON status_tags
  WHEN (SELECT visibility FROM statuses WHERE id = new.status_id) = 0 BEGIN
  INSERT OR IGNORE INTO home_entries (account_id, status_id) SELECT account_id, new.status_id FROM tag_follows WHERE tag_id = new.tag_id;
  INSERT INTO tag_days (day, tag_id, uses) SELECT created_at / 86400000, new.tag_id, 1 FROM statuses WHERE id = new.status_id
    ON CONFLICT (day, tag_id) DO UPDATE SET uses = uses + 1;
  INSERT OR IGNORE INTO tag_day_accounts (day, tag_id, account_id)
    SELECT created_at / 86400000, new.tag_id, account_id FROM statuses WHERE id = new.status_id;
END;
CREATE TRIGGER tag_day_accounts_added AFTER INSERT ON tag_day_accounts BEGIN
  UPDATE tag_days SET accounts = accounts + 1 WHERE day = new.day AND tag_id = new.tag_id;
  DELETE FROM tag_days WHERE day < new.day - 30;
  DELETE FROM tag_day_accounts WHERE day < new.day - 30;
END;
CREATE TRIGGER featured_tags_used AFTER INSERT ON status_tags BEGIN
  UPDATE featured_tags SET statuses_count = statuses_count + 1, last_status_at = (SELECT created_at FROM statuses WHERE id = new.status_id)
    WHERE tag_id = new.tag_id AND account_id = (SELECT account_id FROM statuses WHERE id = new.status_id AND visibility < 2);
END;
-- An edit takes the tag off; where the status goes, its row is gone already when its tags go, and the next trigger has counted.
CREATE TRIGGER featured_tags_unused AFTER DELETE ON status_tags BEGIN
  UPDATE featured_tags SET statuses_count = statuses_count - 1
    WHERE tag_id = old.tag_id AND account_id = (SELECT account_id FROM statuses WHERE id = old.status_id AND visibility < 2);
END;
CREATE TRIGGER featured_statuses_removed BEFORE DELETE ON statuses WHEN old.visibility < 2 BEGIN
  UPDATE featured_tags SET statuses_count = statuses_count - 1
    WHERE account_id = old.account_id AND tag_id IN (SELECT tag_id FROM status_tags WHERE status_id = old.id);
END;
CREATE TRIGGER favourites_trend AFTER INSERT ON favourites WHEN (SELECT visibility FROM statuses WHERE id = new.status_id) = 0 BEGIN
  INSERT INTO status_days (day, status_id, score) VALUES (unixepoch() / 86400, new.status_id, 1)
    ON CONFLICT (day, status_id) DO UPDATE SET score = score + 1;
  DELETE FROM status_days WHERE day < unixepoch() / 86400 - 30;
END;
CREATE TRIGGER reblogs_trend AFTER INSERT ON statuses
  WHEN new.reblog_of_id IS NOT NULL AND (SELECT visibility FROM statuses WHERE id = new.reblog_of_id) = 0 BEGIN
  INSERT INTO status_days (day, status_id, score) VALUES (unixepoch() / 86400, new.reblog_of_id, 1)
    ON CONFLICT (day, status_id) DO UPDATE SET score = score + 1;
END;
CREATE TRIGGER cards_used AFTER UPDATE OF card_id ON statuses
  WHEN new.card_id IS NOT NULL AND new.card_id IS NOT old.card_id AND new.visibility = 0 BEGIN
  INSERT INTO card_days (day, card_id, account_id, uses) VALUES (new.created_at / 86400000, new.card_id, new.account_id, 1)
    ON CONFLICT (day, card_id, account_id) DO UPDATE SET uses = uses + 1;
  DELETE FROM card_days WHERE day < unixepoch() / 86400 - 30;
END;
-- A post that links there no longer, by an edit or its end. A preview goes with the last one.
CREATE TRIGGER cards_left AFTER UPDATE OF card_id ON statuses WHEN old.card_id IS NOT NULL AND new.card_id IS NOT old.card_id BEGIN
  UPDATE card_days SET uses = uses - 1
    WHERE day = old.created_at / 86400000 AND card_id = old.card_id AND account_id = old.account_id AND old.visibility = 0;
  DELETE FROM card_days WHERE day = old.created_at / 86400000 AND card_id = old.card_id AND account_id = old.account_id AND uses < 1;
  DELETE FROM cards WHERE id = old.card_id AND NOT EXISTS (SELECT 1 FROM statuses WHERE card_id = old.card_id);
END;
CREATE TRIGGER cards_unused AFTER DELETE ON statuses WHEN old.card_id IS NOT NULL BEGIN
  UPDATE card_days SET uses = uses - 1
    WHERE day = old.created_at / 86400000 AND card_id = old.card_id AND account_id = old.account_id AND old.visibility = 0;
  DELETE FROM card_days WHERE day = old.created_at / 86400000 AND card_id = old.card_id AND account_id = old.account_id AND uses < 1;
  DELETE FROM cards WHERE id = old.card_id AND NOT EXISTS (SELECT 1 FROM statuses WHERE card_id = old.card_id);
END;
CREATE TRIGGER endorsements_end AFTER DELETE ON follows
  BEGIN DELETE FROM endorsements WHERE account_id = old.account_id AND target_id = old.target_id; END;
