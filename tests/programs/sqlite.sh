#!/bin/bash
# sqlite3: a data base of 100,000 rows in a file and in memory, joins, an integrity check, a crash's journal.
source "$(dirname -- "$0")/common.bash"
cat >script.sql <<'SQL'
CREATE TABLE a(id INTEGER PRIMARY KEY, name TEXT, v REAL);
CREATE TABLE b(id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a(id), w INTEGER);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO a SELECT i, 'row ' || (i * 7919 % 100003), i * 0.25 FROM n;
INSERT INTO b SELECT id, (id * 31) % 1000 + 1, id % 17 FROM a WHERE id % 3 = 0;
COMMIT;
CREATE INDEX a_name ON a(name);
SELECT count(*), sum(v), max(name) FROM a;
SELECT a.id, a.name, count(*), sum(b.w) FROM a JOIN b ON b.a_id = a.id GROUP BY a.id ORDER BY 4 DESC, 1 LIMIT 10;
UPDATE a SET v = v + 1 WHERE name LIKE 'row 9%';
DELETE FROM b WHERE w = 3;
BEGIN; DELETE FROM a; ROLLBACK;
SELECT total(v), (SELECT count(*) FROM b) FROM a;
PRAGMA integrity_check;
VACUUM;
SELECT hex(substr(group_concat(name), 1, 20)), (SELECT count(*) FROM pragma_table_info('a')) FROM (SELECT name FROM a ORDER BY id);
SQL
input=script.sql
options=(--memory 256M)
same "100,000 rows in memory" sqlite3 :memory:
for mode in delete wal truncate; do
  # Opened by name in the script: a file that an argument names would come along from here.
  { printf '.open made-%s.db\nPRAGMA journal_mode = %s;\n' $mode $mode && cat script.sql; } >"$mode.sql"
  input=$mode.sql
  same "100,000 rows in a file, journal: $mode" sqlite3
done
input=/dev/null
same "an error" sqlite3 :memory: 'SELECT * FROM nowhere'
same "json and dates" sqlite3 -json :memory: "SELECT json_extract('{\"a\":[1,2,{\"b\":3}]}', '\$.a[2].b') AS x, datetime(1234567890, 'unixepoch') AS t, printf('%08.3f', 3.14159) AS p"
exit $status
