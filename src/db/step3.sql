-- From version 2 to 3. schema.sql says what everything is for; here is only how an older file gets there.

ALTER TABLE statuses ADD COLUMN received_at INTEGER;
CREATE INDEX statuses_conversation_local ON statuses (conversation_id) WHERE local = 1;
CREATE TRIGGER accounts_unsearchable AFTER DELETE ON accounts
  BEGIN DELETE FROM account_search WHERE rowid = old.id; END;

CREATE TABLE media_proxy_bans (
  id  INTEGER PRIMARY KEY,
  url TEXT    NOT NULL UNIQUE
);

-- Relays
ALTER TABLE activities ADD COLUMN as_relay INTEGER NOT NULL DEFAULT 0;
CREATE TABLE relays (
  id         INTEGER PRIMARY KEY,
  url        TEXT    NOT NULL UNIQUE CHECK (length(url) <= 2000),
  kind       TEXT    NOT NULL CHECK (kind IN ('litepub','mastodon')),
  inbox      TEXT    NOT NULL,
  account_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
  state      TEXT    NOT NULL DEFAULT 'asked' CHECK (state IN ('asked','accepted','refused')),
  created_at INTEGER NOT NULL
);
CREATE INDEX relays_account ON relays (account_id) WHERE account_id IS NOT NULL;

-- Inboxes that are gone
CREATE TABLE gone_inboxes (
  inbox TEXT    PRIMARY KEY,
  since INTEGER NOT NULL
) WITHOUT ROWID;
-- What waits for a server that is down arrives in its order.
ALTER TABLE deliveries ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;

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

-- Posts to lists
ALTER TABLE statuses ADD COLUMN list_id INTEGER REFERENCES lists (id) ON DELETE SET NULL;
CREATE INDEX statuses_list ON statuses (list_id) WHERE list_id IS NOT NULL;

-- Who works on an item is known in memory alone; of the senders only unchecked ones are counted.
DROP INDEX inbox_items_actor;
DROP INDEX inbox_items_host;
ALTER TABLE inbox_items DROP COLUMN lease_until;
CREATE INDEX inbox_items_unchecked ON inbox_items (host) WHERE signer_id IS NULL;
-- The index of words is read upwards: it is made anew, in batches, while the server runs.
DROP TABLE status_search;
CREATE VIRTUAL TABLE status_search USING fts5 (
  content, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2", detail = 'full'
);
DELETE FROM server_state WHERE key = 'status_search.reach';
DROP TRIGGER statuses_removed;
CREATE TRIGGER statuses_removed BEFORE DELETE ON statuses BEGIN
  UPDATE accounts SET statuses_count = statuses_count - (old.visibility < 3) WHERE id = old.account_id;
  UPDATE statuses SET replies_count = replies_count - 1 WHERE id = old.in_reply_to_id AND old.visibility < 3;
  UPDATE statuses SET reblogs_count = reblogs_count - 1 WHERE id = old.reblog_of_id;
  DELETE FROM status_search WHERE rowid = -old.id;
  DELETE FROM home_entries WHERE account_id IN (SELECT account_id FROM users) AND status_id = old.id;
END;

