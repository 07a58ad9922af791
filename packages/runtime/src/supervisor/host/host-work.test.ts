import { expect, test } from "vitest";
import { begin, markedAs, openHouse } from "../../recovery/house.test-kit.ts";
import type { WorkHolder } from "../../recovery/index.ts";
import type { KnownMember } from "../../registry/membership/index.ts";
import { HostWork } from "./host-work.ts";

/** A database with work of `a`, which is this host's, and of `b` and `c` elsewhere, `c` with a backend; `d` holds none. */
async function journal() {
  const house = await openHouse();
  const { database, registry, clock } = house;
  for (const address of ["a", "b", "c@ssd"]) {
    const started = await house.start(address);
    started.journal.use({ "volume.creating": markedAs("error") });
    await begin(started, `v-${address}`);
  }
  await house.start("d");
  const heard: Pick<KnownMember, "manager" | "address">[] = [];
  const hears = (address: string) => heard.push({ manager: "volume", address });
  const link = { connected: true };
  const asked: string[] = [];
  const inquiry = { ask: async (host: string): Promise<boolean> => asked.push(host) > 0 };
  const peers = {
    all: () => heard as unknown as readonly KnownMember[],
    askHost: (host: string) => inquiry.ask(host),
  };
  const deserted = async () => {
    const work = new HostWork({ database, registry, clock, otherProcesses: { peers, link } });
    const here: WorkHolder[] = [{ manager: "volume", address: "a", epoch: 1 }];
    return (await work.deserted(["volume"], here)).map(({ address }) => address);
  };
  return { ...house, deserted, hears, link, asked, inquiry };
}

test("deserted are those elsewhere that hold work and are not heard of, and nobody at their hosts answers", async () => {
  await using house = await journal();
  const { deserted, hears, asked } = house;
  expect(await deserted()).toEqual(["b", "c@ssd"]);
  expect(asked).toEqual(["b", "c"]);
  hears("b");
  expect(await deserted()).toEqual(["c@ssd"]);
});

test("one that answers when its host is asked is not deserted: this host had not heard of everybody yet", async () => {
  await using house = await journal();
  const { deserted, hears, inquiry } = house;
  inquiry.ask = async (host) => host !== "b" || hears("b") > 0;
  expect(await deserted()).toEqual(["c@ssd"]);
});

test("who hears nobody, since the link is down or the broker does not answer, tells of nobody", async () => {
  await using house = await journal();
  const { deserted, link, inquiry, asked } = house;
  link.connected = false;
  expect([await deserted(), asked]).toEqual([[], []]);
  link.connected = true;
  inquiry.ask = async (host) => host !== "c";
  expect(await deserted()).toEqual([]);
});
