import { describe, expect, test } from "vitest";
import { long } from "../kit/long.ts";
import { transports, useHosts } from "../transport/hosts.ts";
import { announcer, watcher } from "./watchers.ts";

const serving = { state: "serving", phase: "ready", causes: [], canServe: true } as const;

describe.each(transports)("%s", (name) => {
  const hosts = useHosts(name);

  test("a manager is heard of, moves its pin, drains and stops", async () => {
    const [theirs, ours] = [await hosts.host("theirs"), await hosts.host("ours")];
    const { members, until, gone } = watcher(ours);
    const telling = announcer(theirs);
    const older = telling.announce({ manager: "volume", version: "1.1", address: "a", epoch: 1 });
    const newer = telling.announce({ manager: "volume", version: "1.2", address: "b", cluster: "rack", epoch: 4 });
    older.setStatus(serving);
    newer.setStatus(serving);
    const volumes = members.of("volume", 1);
    await until(() => volumes.filter(({ canServe }) => canServe).length === 2);
    expect(members.lowestMinor("volume", 1)).toBe(1);
    expect(volumes[1]).toMatchObject({ address: "b", cluster: "rack", epoch: 4, minor: 2, caller: "theirs" });
    older.setStatus({ state: "draining", phase: undefined, causes: [], canServe: false });
    await until(() => volumes[0]?.state === "draining");
    older.end();
    await until(() => members.lowestMinor("volume", 1) === 2);
    expect(gone).toMatchObject([{ address: "a" }]);
    await telling.close();
    await until(() => volumes.length === 0);
    expect(gone).toMatchObject([{ address: "a" }, { address: "b", epoch: 4 }]);
  });

  test("a newcomer finds those who were there before it asked, and knows at once of whom there is none", async () => {
    const [theirs, ours] = [await hosts.host("theirs"), await hosts.host("ours")];
    const first = watcher(ours);
    // It is told once: the broker knows by then that somebody listens.
    await ours.flush();
    announcer(theirs, { intervalMs: 60_000 })
      .announce({ manager: "network", version: "2.0", address: "a", epoch: 1 })
      .setStatus(serving);
    await first.until(() => first.members.of("network", 2)[0]?.canServe === true);
    const link = await hosts.host("newcomer");
    // As its calls are answered: of two subscriptions of a connection that match, a broker tells one of no-responders.
    link.subscribe(`${link.inbox}.*.*`, () => {});
    const newcomer = watcher(link, { discoveryTimeoutMs: 20_000 });
    expect(newcomer.members.of("network", 2)).toEqual([]);
    await newcomer.members.discover("network", 2);
    expect(newcomer.members.of("network", 2)).toMatchObject([{ address: "a", canServe: true, caller: "theirs" }]);
    // Its bound is as long as a test may take: only the broker's own notice ends it in time.
    await newcomer.members.discover("network", 1);
    expect(newcomer.members.of("network", 1)).toEqual([]);
  });

  test("a manager is found from when its announcer says that it answers, also while its thread starts", async () => {
    const [theirs, ours] = [await hosts.host("theirs"), await hosts.host("ours")];
    const telling = announcer(theirs, { intervalMs: 60_000 });
    const { members } = watcher(ours, { discoveryQuietMs: 1 });
    for (let i = 0; i < (long ? 200 : 50); i++) {
      telling.announce({ manager: `kind-${i}`, version: "1.0", address: "a", epoch: 1 }).setStatus(serving);
      await telling.answering();
      await members.discover(`kind-${i}`, 1);
      expect(members.of(`kind-${i}`, 1)).toMatchObject([{ address: "a", canServe: true }]);
    }
    await telling.close();
    await telling.answering();
  });

  test("an incarnation elsewhere replaces the one at its address, under the same caller token only", async () => {
    const [one, twin] = [await hosts.host("one"), await hosts.host("one")];
    const [other, ours] = [await hosts.host("other"), await hosts.host("ours")];
    const { members, until, gone } = watcher(ours);
    const announce = (link: typeof one, epoch: number) =>
      announcer(link).announce({ manager: "volume", version: "1.0", address: "x", epoch }).setStatus(serving);
    announce(one, 1);
    await until(() => members.of("volume", 1).length === 1);
    announce(other, 3);
    announce(twin, 2);
    await until(() => members.of("volume", 1)[0]?.epoch === 2);
    expect(gone).toMatchObject([{ epoch: 1, caller: "one" }]);
  });
});
