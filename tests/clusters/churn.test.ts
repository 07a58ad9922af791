import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { seededRandom } from "@reeve/runtime/internal";
import { sqlite } from "@reeve/runtime/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { long } from "../kit/long.ts";
import { millHouse } from "./mill.ts";

const members = 20;

/** What the database holds in the end, as somebody outside of all members reads it. */
function rowsOf(path: string) {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  const named = (end: string) => String(tables.find(({ name }) => String(name).endsWith(end))!.name);
  const read = (sql: string) => database.prepare(sql).all();
  const sacks = new Map(
    read(`select id, status, "by" from "${named("sacks")}" where id not like '%-bag'`).map(({ id, status, by }) => [
      String(id),
      `${status} by ${by}`,
    ]),
  );
  return { sacks, work: read(`select resource from "${named("work")}"`) };
}

test.each(long ? [1, 2, 3] : [3])(
  "whoever is cut off, killed and restarted, nothing stays behind and no answer was untrue (seed %i)",
  {
    timeout: 300_000,
  },
  async (seed) => {
    const place = mkdtempSync(join(tmpdir(), "reeve-churn-"));
    onTestFinished(() => rmSync(place, { recursive: true }));
    const path = join(place, "valley.sqlite");
    const { host, pass, witness, grindOn, until, clock, log } = millHouse({ store: sqlite({ path }) });
    const random = seededRandom(seed);
    const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)]!;
    const hosts: Awaited<ReturnType<typeof host>>[] = [];
    let stage = "start";
    // What is said of a test that took too long does not say where.
    const late = setTimeout(() => {
      const lives = hosts.map(({ name, supervisor }) => [
        name,
        ...supervisor.managers().map(({ supervision, status }) => [supervision, status]),
      ]);
      const said = log.lines.slice(-200).map(({ level, message }) => `${level} ${message}`);
      const { work } = rowsOf(path);
      console.error(JSON.stringify({ stage, now: clock.now(), timers: clock.pending, lives, work, said }, null, 1));
    }, 280_000);
    onTestFinished(() => clearTimeout(late));
    for (let n = 0; n < members; n++) hosts.push(await host(`m${n}`, { maxRestarts: 1_000 }));
    const answers = new Map<string, unknown>();
    let sacks = 0;
    stage = "churn";
    await pass(12_000);
    const cut = new Set<(typeof hosts)[0]>();
    for (let turn = 0; turn < 80; turn++) {
      const chosen = one(hosts);
      const what = random();
      if (what < 0.5) {
        const id = `s${sacks++}`;
        chosen.ref
          .at(chosen.name)
          .grind({ id }, { idempotencyKey: `k-${id}` })
          .then(
            (answer) => answers.set(id, answer),
            () => undefined,
          );
      } else if (what < 0.65 && cut.size < members - 2) {
        chosen.link.cut();
        cut.add(chosen);
      } else if (what < 0.8) {
        for (const away of cut) away.link.heal();
        cut.clear();
      } else if (what < 0.9) chosen.supervisor.kill("mill", chosen.name);
      await pass(Math.floor(random() * 4_000));
    }
    for (const away of cut) away.link.heal();
    await pass(15_000);
    stage = "the end";
    grindOn();
    await until(() => rowsOf(path).work.length === 0, 180_000);
    const { sacks: rows } = rowsOf(path);
    expect([...rows.values()].filter((row) => row.startsWith("grinding"))).toEqual([]);
    for (const [id, answer] of answers) expect([`ground by ${answer}`, answer]).toContain(rows.get(id));
    expect(rows.size).toBeGreaterThan(15);
    expect(witness.cleaned.length).toBeGreaterThan(0);
  },
);
