import { column, defineStore, table } from "@reeve/runtime";
import { expect, test } from "vitest";
import { QueryCheck } from "./query-check.ts";

const id = column.text().primaryKey();
const { layout } = defineStore("mine", { tables: { notes: table({ id }), words: table({ id }) } });

const unclear = "where its quotes, comments or numbers end cannot be told";
const verdict = (sql: string, mayWrite = true) => {
  try {
    return new QueryCheck().check(layout, sql, mayWrite);
  } catch (error) {
    return (error as Error).message.replace(/^.*in a transaction: /, "");
  }
};

test.each([
  "select * from mine_notes",
  'select n.id from "mine_notes" as n, mine_words w where n.id = w.id',
  "select 'select * from theirs', $$ from theirs $$, $tag$ from theirs $tag$, e'\\' from theirs' from mine_notes -- from theirs",
  "select /* from theirs /* nested */ from theirs */ 1",
  "select extract(year from now()), trim(both ' ' from id), substring(id from 1 for 2) from mine_notes",
  "select count(*) filter (where id is not distinct from 'x') over (partition by id order by id) from mine_notes",
  "with c as (select * from mine_notes) select * from c",
  "with recursive tree(id) as (select id from mine_notes union all select t.id from tree t join mine_notes using (id)) select * from tree",
  "select * from (mine_notes a join mine_words b on a.id = b.id), mine_words",
  "select * from mine_notes a, lateral (select * from mine_words w where w.id = a.id) b",
  "select * from jsonb_each('{}') as e(key, value)",
  "values (1), (2)",
  'select 1 as set, 2 as values, 1.5e3 as "table", n.id as table, array[1, 2][1], 1::int from mine_notes as values, mine_words set',
  "select id from mine_notes union distinct select id from mine_words",
  "select e'a\\''\n  'b\\'' from mine_notes where id = $1 and 1 < .5 limit $2",
  "select id from mine_notes union select id from mine_words order by 1 limit 1 for update of mine_notes",
])("reads its own: %s", (sql) => expect(verdict(sql, false)).toBe("reads"));

test.each([
  "insert into mine_notes (id) values ('a') on conflict (id) do update set id = excluded.id returning *",
  "insert into mine_notes (id) select id from mine_words",
  "update mine_notes as n set id = w.id from mine_words w where w.id = n.id",
  "delete from mine_notes using mine_words w where w.id = mine_notes.id",
  "merge into mine_notes n using (mine_words w join mine_notes m on m.id = w.id) on n.id = w.id when matched then update set id = 'a', id = 'b'",
  "update mine_notes set id = 'a', id = 'b' from mine_words w, mine_notes n where n.id = w.id",
  "delete from mine_notes using mine_words w join mine_notes n using (id) where w.id = mine_notes.id",
  "with gone as (delete from mine_notes returning id) select * from gone",
])("writes its own: %s", (sql) => {
  expect(verdict(sql)).toBe("writes");
  expect(verdict(sql, false)).toBe("it writes outside of a transaction");
});

test.each([
  ["select * from theirs", 'it names "theirs"'],
  ["select * from Theirs", 'it names "theirs"'],
  ['select * from "theirs"', 'it names "theirs"'],
  ["select * from public.mine_notes", 'it names "public.mine_notes"'],
  ['select * from mine_notes, only "theirs"', 'it names "theirs"'],
  ["select * from mine_notes a join theirs on true", 'it names "theirs"'],
  ["select * from mine_notes a join mine_words b on a.id = b.id, theirs", 'it names "theirs"'],
  ["select * from ((mine_notes cross join theirs))", 'it names "theirs"'],
  ["select 1 where exists (select from theirs)", 'it names "theirs"'],
  ["select distinct from theirs", 'it names "theirs"'],
  ["select (select count(*) from theirs)", 'it names "theirs"'],
  ["with theirs as (select * from theirs) select * from theirs", 'it names "theirs"'],
  ["select * from (with t as (select 1) select * from t) x, t", 'it names "t"'],
  ["insert into theirs values (1)", 'it names "theirs"'],
  ["insert into mine_notes select id from theirs", 'it names "theirs"'],
  ["update theirs set id = 1", 'it names "theirs"'],
  ["update mine_notes set id = 1 from theirs", 'it names "theirs"'],
  ["delete from mine_notes using theirs", 'it names "theirs"'],
  ["delete from mine_notes using (select * from theirs) t", 'it names "theirs"'],
  ["merge into mine_notes using theirs on true when matched then delete", 'it names "theirs"'],
  ["select * from pg_catalog.pg_class", 'it names "pg_catalog.pg_class"'],
  ["select * from information_schema.tables", 'it names "information_schema.tables"'],
  ["table mine_notes", 'it begins with "table"'],
  ["select * from (table mine_notes) n", 'it says "table"; say "select * from"'],
  ["select * into fresh from mine_notes", "its into makes a table"],
  ["select query_to_xml('select * from theirs', true, true, '')", "it calls query_to_xml()"],
  ["select * from dblink('', 'select 1') as t(i int)", "it calls dblink()"],
  ["select set_config('search_path', 'x', false)", "it calls set_config()"],
  ["select pg_sleep(1)", "it calls pg_sleep()"],
  ['select "pg_sleep"(1)', "it calls pg_sleep()"],
  ["select pg_catalog.pg_sleep(1)", "it calls pg_sleep()"],
  ["insert into mine_notes table theirs", 'it says "table"; say "select * from"'],
  ["insert into mine_notes (id) table theirs", 'it says "table"; say "select * from"'],
  ["select id from mine_notes union distinct table theirs", 'it says "table"; say "select * from"'],
  ["select 1 where 'x' in ((select 'y') union distinct select id from theirs)", 'it names "theirs"'],
  ["with theirs as (select 1) delete from theirs", 'it names "theirs"'],
  ["with theirs as (select 1) update only theirs set id = 'a'", 'it names "theirs"'],
  ["with theirs as (select 1) insert into theirs values ('a')", 'it names "theirs"'],
  [
    "with theirs as (select 1) merge into theirs using mine_notes on true when matched then delete",
    'it names "theirs"',
  ],
  ['with "public.theirs" as (select 1) select * from public.theirs', 'it names "public.theirs"'],
  [
    "with recursive c(id, theirs) as (select id, id from mine_notes union all select * from c) search breadth first by id, theirs set o select * from theirs",
    'its with clause says "search"',
  ],
  ["select * from mine_notes as values, theirs", 'it names "theirs"'],
  ["select * from mine_notes values, theirs", 'it names "theirs"'],
  ["select * from mine_notes set, theirs", 'it names "theirs"'],
  ["with values as (select 1) select * from values, theirs", 'it names "theirs"'],
  ["with theirs as (select 1) update only (theirs) set id = 'a'", 'it names "theirs"'],
  ["select distinct merge from (select 1 as merge) a, theirs", 'it names "theirs"'],
  ["with merge as (select 1) select * from merge, theirs", 'it names "theirs"'],
  ["with delete as (select 1) select * from delete d, mine_notes using, theirs", 'it names "theirs"'],
  ["select * from update", 'it names "update"'],
  ["select * from mine_notes a join (select 1 as where) b on b.where = 1, theirs", 'it names "theirs"'],
  ["select * from mine_notes a join mine_words b on case when true then true end, theirs", 'it names "theirs"'],
  ["select * from mine_notes a join mine_words b on max(1) within group (order by 1) = 1, theirs", 'it names "theirs"'],
  ["delete from mine_notes using (theirs cross join mine_words)", 'it names "theirs"'],
  ["merge into mine_notes using (theirs cross join mine_words) on true when matched then delete", 'it names "theirs"'],
  ["select id -- \r from theirs", 'it names "theirs"'],
  ["select e''\n'\\'', (select max(id) from theirs), e''\n'\\''", 'it names "theirs"'],
  ["select 1from theirs", unclear],
  ["select 1.from theirs", unclear],
  ["select $1from theirs", unclear],
  ["select * from mine_notes -- \0", unclear],
  ["select ts_rewrite('a'::tsquery, 'select t, s from theirs')", "it calls ts_rewrite()"],
  ["select 1; drop table mine_notes", "it is more than one statement"],
  ["drop table mine_notes", 'it begins with "drop"'],
  ["truncate mine_notes", 'it begins with "truncate"'],
  ["lock table mine_notes", 'it begins with "lock"'],
  ["set role postgres", 'it begins with "set"'],
  ["commit", 'it begins with "commit"'],
  ["copy mine_notes to program 'sh'", 'it begins with "copy"'],
  ["do $$ begin end $$", 'it begins with "do"'],
  ["explain analyze delete from mine_notes", 'it begins with "explain"'],
  ["", "it is empty"],
  ["select 'open", unclear],
  ["select /* open", unclear],
  ['select * from u&"\\0074heirs"', unclear],
])("refuses: %s", (sql, why) => expect(verdict(sql)).toBe(why));
