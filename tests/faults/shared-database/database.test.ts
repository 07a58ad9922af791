import { seededRandom } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { commitProxy } from "../../postgres/commit-proxy.test-kit.ts";
import { hold, long } from "../figure.ts";
import { databaseFaults } from "./database-faults.ts";
import { Estate, until } from "./estate.ts";
import { Load } from "./load.ts";
import type { Place } from "./operations.ts";
import { holdAll } from "./promises.ts";

vi.setConfig({ testTimeout: 900_000, hookTimeout: 60_000 });

const seed = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
const random = seededRandom(seed);
const hosts = ["block-01", "block-02"];
/** When it lasts longer than work waits for a connection (15 s), what was begun meanwhile is recovered after a minute. */
const lastsMs = long ? 20_000 : 2_000;

test(`whatever befalls the database, what callers were told stays true, and all comes to an end (seed ${seed})`, async () => {
  await using closing = new AsyncDisposableStack();
  const estate = closing.use(
    await Estate.open({
      postgres: { settings: { max_connections: 40 } },
      async via(url) {
        const address = new URL(url);
        const proxy = closing.use(await commitProxy(Number(address.port)));
        address.port = String(proxy.port);
        proxies.push(proxy);
        return address.href;
      },
    }),
  );
  for (const host of hosts) await estate.start({ host });
  const places: readonly Place[] = hosts.map((host) => {
    const address = `${host}@ssd`;
    return { estate, volume: estate.volume.at(address), labels: { host }, address, timeout: "20s" };
  });
  const addresses = places.map(({ address }) => address);
  await estate.placeable(...addresses);
  for (const [index, { name, strike }] of databaseFaults.entries()) {
    const load = new Load(estate, places, random, { name: `fault-${index}-` });
    const before = load.done;
    await until("calls to be answered", () => load.done >= before + 5);
    await strike(estate, proxies[0]!, lastsMs);
    const after = load.done;
    // They go on by themselves.
    await until(`calls to be answered after: ${name}`, () => load.done >= after + 5);
    await load.stop();
    hold({ fault: name, invariant: "calls answered", bound: { atLeast: 10 }, figure: load.done - before });
    holdAll(name, await estate.verdict(), `${name}; seed ${seed}`);
  }
  for (const host of estate.hosts) expect(host.ended, `${host.name} ended: ${host.code}`).toBe(false);
});

const proxies: Awaited<ReturnType<typeof commitProxy>>[] = [];
