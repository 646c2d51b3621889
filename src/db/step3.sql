-- From version 2 to 3. schema.sql says what everything is for; here is only how an older file gets there.

ALTER TABLE statuses ADD COLUMN received_at INTEGER;
CREATE INDEX statuses_conversation_local ON statuses (conversation_id) WHERE local = 1;
CREATE TRIGGER accounts_unsearchable AFTER DELETE ON accounts
  BEGIN DELETE FROM account_search WHERE rowid = old.id; END;

CREATE TABLE media_proxy_bans (
  id  INTEGER PRIMARY KEY,
  url TEXT    NOT NULL UNIQUE
);
