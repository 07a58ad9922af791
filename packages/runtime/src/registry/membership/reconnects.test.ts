import { reeveError } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import type { Transport } from "../../transport/transport.ts";
import type { AnnounceOptions } from "./announcement.ts";
import { altered, Fleet, type Host, serving } from "./fleet.fixture.ts";

const volume = (address: string, epoch = 1): AnnounceOptions => ({ manager: "volume", version: "1.2", address, epoch });

/** A link that a test breaks, and whose broker confirms when the test says so. */
class Breakable {
  readonly #listeners = new Set<(up: boolean) => void>();
  #up = true;
  /** Whether the broker keeps its confirmations back. */
  #holding = false;
  readonly #held: (() => void)[] = [];

  readonly wrap = (inner: Transport): Transport => {
    const breakable = this;
    return altered(inner, {
      get connected() {
        return breakable.#up;
      },
      publish: (subject, data, options) => {
        if (!this.#up) throw reeveError("LINK_LOST", "publish: cut");
        inner.publish(subject, data, options);
      },
      flush: async () => {
        if (this.#holding) await new Promise<void>((resolve) => this.#held.push(resolve));
        if (!this.#up) throw reeveError("LINK_LOST", "flush: cut");
      },
      onLink: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    });
  };

  get listeners(): number {
    return this.#listeners.size;
  }

  hold(): void {
    this.#holding = true;
  }

  confirm(): void {
    this.#holding = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }

  set(up: boolean): void {
    this.#up = up;
    for (const listener of this.#listeners) listener(up);
  }
}

async function linked() {
  const fleet = new Fleet();
  const link = new Breakable();
  const [server, caller] = [await fleet.host("a", { link: link.wrap }), await fleet.host("b")];
  onTestFinished(() => link.confirm());
  return { fleet, link, server, caller, reconnects: reconnectsOf(caller) };
}

function reconnectsOf({ members }: Host): string[][] {
  const reconnects: string[][] = [];
  members.onReconnected((told) => reconnects.push(told.map(({ address, epoch }) => `${address} ${epoch}`)));
  return reconnects;
}

const countsOf = ({ members }: Host) => members.of("volume", 1).map(({ reconnects }) => reconnects);

test("a process whose link was lost and is back says so at once, of all its managers together", async () => {
  const { fleet, link, server, caller, reconnects } = await linked();
  for (const address of ["a@1", "a@2"]) server.announcer.announce(volume(address)).setStatus(serving);
  await fleet.clock.advance(5_000);
  expect(countsOf(caller)).toEqual([0, 0]);
  link.set(false);
  await fleet.clock.advance(0);
  expect(reconnects).toEqual([]);
  link.set(true);
  await fleet.clock.advance(0);
  expect(reconnects).toEqual([["a@1 1", "a@2 1"]]);
  expect(countsOf(caller)).toEqual([1, 1]);
  await fleet.clock.advance(20_000);
  expect(reconnects).toHaveLength(1);
});

test("it is told once the broker has its subscriptions, and of two losses in a row together", async () => {
  const { fleet, link, server, caller, reconnects } = await linked();
  server.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(0);
  link.hold();
  link.set(false);
  link.set(true);
  await fleet.clock.advance(3_000);
  expect(reconnects).toEqual([]);
  link.set(false);
  link.confirm();
  await fleet.clock.advance(0);
  link.hold();
  link.set(true);
  await fleet.clock.advance(3_000);
  expect(reconnects).toEqual([]);
  link.confirm();
  await fleet.clock.advance(0);
  expect(reconnects).toEqual([["a 1"]]);
  expect(countsOf(caller)).toEqual([2]);
});

test("what a link that is up refused is told of like a loss, once the broker confirms, and together", async () => {
  const { fleet, link, server, caller, reconnects } = await linked();
  server.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(0);
  link.hold();
  for (let i = 0; i < 100; i++) server.announcer.refused();
  await fleet.clock.advance(0);
  expect(reconnects).toEqual([]);
  link.confirm();
  await fleet.clock.advance(0);
  expect(reconnects).toEqual([["a 1"]]);
  server.announcer.refused();
  await fleet.clock.advance(0);
  expect(reconnects).toHaveLength(2);
  expect(countsOf(caller)).toEqual([2]);
});

test("a caller that missed the news learns it from the next, and one that comes later is told nothing", async () => {
  const { fleet, link, server, caller, reconnects } = await linked();
  const deaf = new Breakable();
  let hears = true;
  const missing = await fleet.host("c", {
    link: (inner) =>
      altered(deaf.wrap(inner), {
        subscribe: (subject, handler, options) =>
          inner.subscribe(subject, (message) => (hears ? handler(message) : undefined), options),
      }),
  });
  const missed = reconnectsOf(missing);
  server.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(0);
  hears = false;
  link.set(false);
  link.set(true);
  await fleet.clock.advance(0);
  expect([reconnects, missed]).toEqual([[["a 1"]], []]);
  hears = true;
  const late = await fleet.host("d");
  const heard = reconnectsOf(late);
  await fleet.clock.advance(2_000);
  expect([heard, countsOf(late)]).toEqual([[], [1]]);
  await fleet.clock.advance(8_000);
  expect(missed).toEqual([["a 1"]]);
  expect([heard, countsOf(late)]).toEqual([[], [1]]);
  expect(countsOf(caller)).toEqual([1]);
});

test("an incarnation announced after a loss, or in the place of another, was lost by nobody", async () => {
  const { fleet, link, server, caller, reconnects } = await linked();
  server.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(0);
  link.set(false);
  server.announcer.announce(volume("a", 2)).setStatus(serving);
  link.set(true);
  await fleet.clock.advance(0);
  server.announcer.announce(volume("a@2")).setStatus(serving);
  await fleet.clock.advance(2_000);
  expect(countsOf(caller)).toEqual([1, 1]);
  expect(reconnects).toEqual([]);
});

test("a process that closes says nothing more of its link, and does not watch it", async () => {
  const { fleet, link, server, reconnects } = await linked();
  server.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(0);
  await server.announcer.close();
  server.members.close();
  expect(link.listeners).toBe(0);
  link.set(false);
  link.set(true);
  await fleet.clock.advance(5_000);
  expect(reconnects).toEqual([]);
});
