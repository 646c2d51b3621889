-- From version 3 to 4. schema.sql says what everything is for; here is only how an older file gets there.

ALTER TABLE activities ADD COLUMN former_key BLOB;

-- Ids of threads as Mastodon makes them are kept short (src/db/addresses.rs). Pages of older posts stay as they are.
UPDATE conversations SET uri = '#' || replace(substr(uri, 5, length(uri) - 28), ':objectId=', '#')
 WHERE uri GLOB 'tag:*:objectId=*:objectType=Conversation' AND instr(uri, '#') = 0
   AND length(uri) - length(replace(uri, ':objectId=', '')) = 10;

-- Whoever counts writes the revision in the same statement.
DROP TRIGGER accounts_rev;
DROP TRIGGER statuses_rev;
DROP TRIGGER favourites_added;
DROP TRIGGER favourites_removed;
DROP TRIGGER statuses_added;
DROP TRIGGER statuses_removed;
CREATE TRIGGER accounts_rev AFTER UPDATE OF username, url, actor_type, display_name, note, fields, emojis, avatar, header, background,
  locked, discoverable, hide_favourites, hide_followers, hide_follows, hide_followers_count, hide_follows_count, accepts_chat_messages,
  also_known_as, moved_to_id, moderation_tags, followers_count, following_count, hidden, deactivated
  ON accounts BEGIN UPDATE accounts SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER statuses_rev AFTER UPDATE OF visibility, in_reply_to_id, content, spoiler_text, sensitive, language, emojis, edited_at,
  quote_of_id ON statuses BEGIN UPDATE statuses SET rev = rev + 1 WHERE id = new.id; END;
CREATE TRIGGER favourites_added AFTER INSERT ON favourites
  BEGIN UPDATE statuses SET favourites_count = favourites_count + 1, rev = rev + 1 WHERE id = new.status_id; END;
CREATE TRIGGER favourites_removed AFTER DELETE ON favourites
  BEGIN UPDATE statuses SET favourites_count = favourites_count - 1, rev = rev + 1 WHERE id = old.status_id; END;
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
