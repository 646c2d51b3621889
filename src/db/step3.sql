-- From version 2 to 3. schema.sql says what everything is for; here is only how an older file gets there.

