import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { postgresServer } from "@reeve/testing";
import { expect, test } from "vitest";

interface Said {
  readonly event: "ready" | "begin" | "accepted" | "refused" | "end";
  readonly host: string;
  readonly at: number;
  readonly life: string;
  readonly n: number;
  readonly reason: string;
}

const bound = { timeout: 40_000, interval: 20 };

/** Members of a cluster as processes of their own, and what they have said, in the order it was heard. */
function observer(url: string) {
  const said: Said[] = [];
  const processes = new Map<string, ChildProcess>();
  return {
    said,
    // Before their database is gone.
    [Symbol.dispose]() {
      for (const one of processes.values()) one.kill("SIGKILL");
    },
    start(host: string) {
      const file = new URL("./runner.fixture.ts", import.meta.url).pathname;
      const args = ["--conditions=reeve-source", file, JSON.stringify({ host, url })];
      const one = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      processes.set(host, one);
      createInterface({ input: one.stdout! }).on("line", (line) => {
        if (line.startsWith("@")) said.push(JSON.parse(line.slice(1)));
      });
    },
    signal: (host: string, signal: NodeJS.Signals) => processes.get(host)!.kill(signal),
    ended: async (host: string) => {
      const one = processes.get(host)!;
      if (one.exitCode === null && one.signalCode === null) await once(one, "exit");
      return one.exitCode;
    },
    /** Resolves with the host whose life is the last that was written by, once one that `isMeant` has written five rows. */
    async runner(isMeant: (one: Said) => boolean): Promise<Said> {
      let found: Said | undefined;
      await expect
        .poll(() => {
          const accepted = said.filter((one) => one.event === "accepted");
          const latest = accepted.at(-1);
          const isEnough = latest && accepted.filter(({ life }) => life === latest.life).length >= 5;
          found = isEnough && isMeant(latest) ? latest : undefined;
          return found !== undefined;
        }, bound)
        .toBe(true);
      return found!;
    },
  };
}

test("of three processes on PostgreSQL one runs the task, through kill -9, a pause and a drain, and no two are accepted at once", async () => {
  await using server = await postgresServer();
  const url = await server.createDatabase();
  using observed = observer(url);
  const { said, start, signal, ended, runner } = observed;
  for (const host of ["a", "b", "c"]) start(host);
  const first = await runner(() => true);
  await expect.poll(() => said.filter(({ event }) => event === "ready").length, bound).toBe(3);

  signal(first.host, "SIGKILL");
  const second = await runner(({ host }) => host !== first.host);

  signal(second.host, "SIGSTOP");
  const third = await runner(({ host }) => host !== first.host && host !== second.host);
  signal(second.host, "SIGCONT");
  // Stopped in its turn, it goes on writing: until it learns that it may not.
  await expect
    .poll(() => said.some(({ event, life }) => event === "refused" && life === second.life), bound)
    .toBe(true);

  start(first.host);
  await expect
    .poll(() => said.filter(({ event, host }) => event === "ready" && host === first.host).length, bound)
    .toBe(2);
  signal(third.host, "SIGTERM");
  const fourth = await runner(({ life }) => ![first.life, second.life, third.life].includes(life));
  expect(await ended(third.host)).toBe(0);

  const rows = await server.query('select "life", "host" from "sweep_marks" order by "n"', [], url);
  const lives = rows.map(({ life }) => life as string);
  const terms = lives.filter((life, n) => life !== lives[n - 1]);
  // Whoever was followed never writes again: one term for each life.
  expect(terms).toEqual([first.life, second.life, third.life, fourth.life]);
  expect(said.filter(({ event }) => event === "refused").every(({ reason }) => reason === "FENCED")).toBe(true);
  // The one that drained ended its turn before the next one began.
  const at = (event: Said["event"], life: string) => said.filter((one) => one.event === event && one.life === life);
  expect(at("begin", fourth.life)[0]!.at).toBeGreaterThanOrEqual(at("end", third.life).at(-1)!.at);
  // Those who race for a lease may get in each other's way, and do it again.
  const complaints = server.log.split("\n").filter((line) => /(ERROR|FATAL|PANIC):/.test(line));
  expect(complaints.filter((line) => !line.includes("could not serialize access"))).toEqual([]);
}, 120_000);
