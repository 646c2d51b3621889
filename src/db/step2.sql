-- From version 1 to 2. schema.sql says what everything is for; here is only how an older file gets there.

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
CREATE TABLE polls (
  status_id    INTEGER PRIMARY KEY REFERENCES statuses (id) ON DELETE CASCADE,
  multiple     INTEGER NOT NULL DEFAULT 0,
  hide_totals  INTEGER NOT NULL DEFAULT 0,          -- the options' counts, until it is over
  expires_at   INTEGER,                             -- NULL: never
  voters_count INTEGER DEFAULT 0,                   -- NULL: the origin does not say
  fetched_at   INTEGER                              -- remote: when the counts were last taken from the origin
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
