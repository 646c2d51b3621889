-- From version 1 to 2. schema.sql says what everything is for; here is only how an older file gets there.

-- Entries of home timelines go with their status by trigger, no longer by a foreign key and its index.
CREATE TEMP TABLE kept AS SELECT account_id, status_id FROM home_entries;
DROP TABLE home_entries;
CREATE TABLE home_entries (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  status_id  INTEGER NOT NULL,
  PRIMARY KEY (account_id, status_id)
) WITHOUT ROWID;
INSERT INTO home_entries SELECT account_id, status_id FROM kept;
DROP TABLE kept;
DROP TRIGGER statuses_removed;
CREATE TRIGGER statuses_removed BEFORE DELETE ON statuses BEGIN
  UPDATE accounts SET statuses_count = statuses_count - (old.visibility < 3) WHERE id = old.account_id;
  UPDATE statuses SET replies_count = replies_count - 1 WHERE id = old.in_reply_to_id AND old.visibility < 3;
  UPDATE statuses SET reblogs_count = reblogs_count - 1 WHERE id = old.reblog_of_id;
  DELETE FROM status_search WHERE rowid = old.id;
  DELETE FROM home_entries WHERE account_id IN (SELECT account_id FROM users) AND status_id = old.id;
END;

ALTER TABLE accounts ADD COLUMN moved_at INTEGER;
ALTER TABLE accounts ADD COLUMN looked_at INTEGER;
ALTER TABLE jobs ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (slow, run_at) WHERE dead = 0;

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
CREATE TRIGGER statuses_listed AFTER INSERT ON statuses WHEN new.visibility <> 3
  BEGIN INSERT INTO list_entries (list_id, status_id) SELECT list_id, new.id FROM list_members WHERE account_id = new.account_id; END;
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
-- Posts that wait for their hour; a job posts them. `params` is what was asked for, JSON in the API's words.
CREATE TABLE scheduled_statuses (
  id           INTEGER PRIMARY KEY,
  account_id   INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  scheduled_at INTEGER NOT NULL,
  params       TEXT    NOT NULL
);
CREATE INDEX scheduled_statuses_owner ON scheduled_statuses (account_id, id);
ALTER TABLE media ADD COLUMN scheduled_id INTEGER REFERENCES scheduled_statuses (id) ON DELETE SET NULL;
ALTER TABLE media ADD COLUMN remote_preview_url TEXT;
CREATE INDEX media_scheduled ON media (scheduled_id) WHERE scheduled_id IS NOT NULL;
CREATE TABLE bookmark_folders (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  emoji      TEXT,                                  -- a Unicode emoji, or a shortcode of ours
  UNIQUE (account_id, name)
);
ALTER TABLE bookmarks ADD COLUMN folder_id INTEGER REFERENCES bookmark_folders (id) ON DELETE SET NULL;
CREATE INDEX bookmarks_folder ON bookmarks (folder_id, id) WHERE folder_id IS NOT NULL;
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
ALTER TABLE statuses ADD COLUMN card_id INTEGER REFERENCES cards (id) ON DELETE SET NULL;
CREATE INDEX statuses_card ON statuses (card_id) WHERE card_id IS NOT NULL;
CREATE TRIGGER cards_rev AFTER UPDATE OF found, title, description, image, author_name, provider_name, opengraph ON cards
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE card_id = new.id; END;
CREATE TRIGGER card_rev AFTER UPDATE OF card_id ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
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
ALTER TABLE statuses ADD COLUMN quote_uri TEXT;
ALTER TABLE statuses ADD COLUMN quote_state TEXT CHECK (quote_state IN ('pending','accepted','rejected','revoked'));
ALTER TABLE statuses ADD COLUMN quote_authorization TEXT;
ALTER TABLE statuses ADD COLUMN quote_policy TEXT CHECK (quote_policy IN ('public','followers','nobody','manual'));
ALTER TABLE statuses ADD COLUMN quotes_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE statuses ADD COLUMN remote_replies INTEGER NOT NULL DEFAULT 0;
ALTER TABLE statuses ADD COLUMN remote_reblogs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE statuses ADD COLUMN remote_favourites INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER remote_counts_rev AFTER UPDATE OF remote_replies, remote_reblogs, remote_favourites
  ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
CREATE INDEX statuses_orphans ON statuses (in_reply_to_uri) WHERE in_reply_to_uri IS NOT NULL;
CREATE INDEX statuses_quote_authorization ON statuses (quote_authorization) WHERE quote_authorization IS NOT NULL;
CREATE TRIGGER quotes_rev AFTER UPDATE OF quotes_count, quote_state, quote_policy
  ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER quotes_decided AFTER UPDATE OF quote_state ON statuses
  WHEN new.visibility < 2 AND (old.quote_state IS 'accepted') <> (new.quote_state IS 'accepted') BEGIN
  UPDATE statuses SET quotes_count = max(quotes_count + CASE new.quote_state WHEN 'accepted' THEN 1 ELSE -1 END, 0) WHERE id = new.quote_of_id;
END;
CREATE TRIGGER quotes_removed BEFORE DELETE ON statuses WHEN old.visibility < 2 AND old.quote_state = 'accepted'
  BEGIN UPDATE statuses SET quotes_count = max(quotes_count - 1, 0) WHERE id = old.quote_of_id; END;
CREATE TRIGGER poll_options_rev AFTER UPDATE OF votes_count ON poll_options
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.status_id; END;
CREATE TRIGGER polls_rev AFTER UPDATE OF hide_totals, expires_at, voters_count ON polls
  BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.status_id; END;
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
-- A direct message goes: the one before it is the last one of its conversations.
CREATE TRIGGER direct_removed BEFORE DELETE ON statuses WHEN old.visibility = 3 BEGIN
  UPDATE participations SET (last_status_id, unread) =
      (SELECT max(s.id), participations.unread AND max(s.id) IS NOT NULL FROM statuses AS s
        WHERE s.conversation_id = old.conversation_id AND s.visibility = 3 AND s.id <> old.id
          AND (s.account_id = participations.account_id
               OR EXISTS (SELECT 1 FROM mentions WHERE status_id = s.id AND account_id = participations.account_id)))
    WHERE last_status_id = old.id;
END;

-- Second factors: nobody could have one in version 1.
DROP TABLE mfa_totp;
CREATE TABLE mfa_totp (
  account_id INTEGER PRIMARY KEY REFERENCES users (account_id) ON DELETE CASCADE,
  secret     BLOB,
  pending    BLOB,
  last_step  INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE mfa_backup_codes (
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  code       BLOB    NOT NULL,
  PRIMARY KEY (account_id, code)
) WITHOUT ROWID;
ALTER TABLE mfa_tokens ADD COLUMN redirect_uri TEXT;
ALTER TABLE mfa_tokens ADD COLUMN code_challenge TEXT;
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
-- The directory: who wants to be found, by latest post, by age, by number of followers.
CREATE INDEX accounts_active ON accounts (last_status_at, id) WHERE discoverable = 1 AND hidden = 0;
CREATE INDEX accounts_new ON accounts (id) WHERE discoverable = 1 AND hidden = 0;
CREATE INDEX accounts_popular ON accounts (followers_count, id) WHERE discoverable = 1 AND hidden = 0;
CREATE TRIGGER endorsements_end AFTER DELETE ON follows
  BEGIN DELETE FROM endorsements WHERE account_id = old.account_id AND target_id = old.target_id; END;
-- Chats.
CREATE TABLE chats (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES users (account_id) ON DELETE CASCADE,
  other_id   INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  bumped     INTEGER NOT NULL,                      -- an id as of now with each message: order and age of the chat
  UNIQUE (account_id, other_id)
);
CREATE INDEX chats_recent ON chats (account_id, bumped);
CREATE INDEX chats_other ON chats (other_id);
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
ALTER TABLE media ADD COLUMN chat_message_id INTEGER REFERENCES chat_messages (id) ON DELETE SET NULL;
CREATE INDEX media_chat_message ON media (chat_message_id) WHERE chat_message_id IS NOT NULL;
ALTER TABLE notifications ADD COLUMN chat_message_id INTEGER REFERENCES chat_messages (id) ON DELETE CASCADE;
CREATE INDEX notifications_chat_message ON notifications (chat_message_id) WHERE chat_message_id IS NOT NULL;
CREATE TRIGGER chat_entries_removed AFTER DELETE ON chat_entries BEGIN
  DELETE FROM chat_messages WHERE id = old.message_id AND NOT EXISTS (SELECT 1 FROM chat_entries WHERE message_id = old.message_id);
END;
-- Attachments that live elsewhere have no file to remove, so they go with their message.
CREATE TRIGGER chat_messages_removed BEFORE DELETE ON chat_messages
  BEGIN DELETE FROM media WHERE chat_message_id = old.id AND file IS NULL AND preview_file IS NULL; END;

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
-- Mascots.
ALTER TABLE users ADD COLUMN mascot_id INTEGER REFERENCES media (id) ON DELETE SET NULL;
CREATE INDEX users_mascot ON users (mascot_id) WHERE mascot_id IS NOT NULL;

-- Imports of people.
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
  who       TEXT    NOT NULL,
  options   TEXT    NOT NULL DEFAULT '{}',
  state     TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','done','requested','failed')),
  error     TEXT,
  PRIMARY KEY (import_id, position)
) WITHOUT ROWID;
CREATE INDEX import_rows_state ON import_rows (import_id, state, position);
CREATE INDEX statuses_local ON statuses (id) WHERE local = 1;
-- How many statuses there are, reblogs apart, by host and visibility (GET /api/pleroma/admin/stats).
CREATE TABLE status_counts (
  host       TEXT    NOT NULL,
  visibility INTEGER NOT NULL,
  statuses   INTEGER NOT NULL,
  PRIMARY KEY (host, visibility)
) WITHOUT ROWID;
INSERT INTO status_counts (host, visibility, statuses)
  SELECT a.host, s.visibility, count(*) FROM statuses AS s JOIN accounts AS a ON a.id = s.account_id
   WHERE s.reblog_of_id IS NULL GROUP BY a.host, s.visibility;
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
-- Federation. What was said to other servers: each activity once, however many get it.
CREATE TABLE activities (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,  -- who signs; NULL: the server itself
  status_id  INTEGER REFERENCES statuses (id) ON DELETE SET NULL, -- the post that it carries, while that exists
  json       TEXT    NOT NULL,
  about      TEXT,                                  -- of all that say how the same thing stands, only the newest is sent
  created_at INTEGER NOT NULL
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
  UNIQUE (activity_id, inbox)
);
CREATE INDEX deliveries_due ON deliveries (urgency, run_at) WHERE state = 0;
CREATE INDEX deliveries_host ON deliveries (host) WHERE state = 0;
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
  lease_until  INTEGER NOT NULL DEFAULT 0,
  last_error   TEXT
);
CREATE INDEX inbox_items_due ON inbox_items (run_at);
CREATE INDEX inbox_items_actor ON inbox_items (actor, id);
CREATE INDEX inbox_items_host ON inbox_items (host);
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
ALTER TABLE notifications ADD COLUMN report_id INTEGER REFERENCES reports (id) ON DELETE CASCADE;
CREATE INDEX notifications_report ON notifications (report_id) WHERE report_id IS NOT NULL;

ALTER TABLE notifications ADD COLUMN filtered INTEGER NOT NULL DEFAULT 0;
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
-- Unseen notifications are counted by the index alone.
DROP INDEX notifications_unseen;
CREATE INDEX notifications_unseen ON notifications (account_id, actor_id, kind) WHERE seen = 0;

-- The index of words is entered in batches, and knows how far it reaches.
INSERT INTO server_state (key, value) SELECT 'status_search.reach', max(id) FROM statuses HAVING max(id) IS NOT NULL;

-- Every foreign key has an index.
CREATE INDEX accounts_moved ON accounts (moved_to_id) WHERE moved_to_id IS NOT NULL;
CREATE INDEX password_resets_account ON password_resets (account_id);
CREATE INDEX conversation_mutes_conversation ON conversation_mutes (conversation_id);
CREATE INDEX participations_conversation ON participations (conversation_id);
CREATE INDEX participation_recipients_account ON participation_recipients (account_id);
CREATE INDEX moderation_log_actor ON moderation_log (actor_id) WHERE actor_id IS NOT NULL;
