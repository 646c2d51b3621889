-- From version 3 to 4. schema.sql says what everything is for; here is only how an older file gets there.

ALTER TABLE activities ADD COLUMN former_key BLOB;
