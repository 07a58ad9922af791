// The capability streams of many hosts, from one process: node fleet.ts <broker> <hosts> <seed>
import { setTimeout as pause } from "node:timers/promises";
import { nats } from "@reeve/nats";
import { seededRandom } from "@reeve/testing";
import { answering } from "./child.ts";
import { SimulatedSupervisor } from "./simulated-supervisor.ts";

/** What befalls the fleet from now on: of every hundred hosts so many a second. */
export interface Churn {
  readonly percentASecond: number;
}

export interface Told {
  readonly messages: number;
  readonly bytes: number;
  /** Supervisors that have died, have come back, and backends that have filled up or emptied. */
  readonly changes: number;
}

const backends = 10;
/** As supervisors do. */
const intervalMs = 10_000;
const tickMs = 50;
const startedAtOnce = 100;

const [, , servers = "nats://127.0.0.1:4222", hosts = "1000", seed = "1"] = process.argv;
const random = seededRandom(Number(seed));
const transport = nats({ servers });
transport.callAs?.("fleet");
await transport.connect();

const encoder = new TextEncoder();
const told = { messages: 0, bytes: 0, changes: 0 };
let churn: Churn = { percentASecond: 0 };
const all = Array.from(
  { length: Math.ceil(Number(hosts) / backends) },
  (_, index) =>
    new SimulatedSupervisor(index, Math.min(backends, Number(hosts) - index * backends), random, Date.now()),
);

function say(subject: string, text: string): void {
  const data = encoder.encode(text);
  transport.publish(subject, data);
  told.messages += 1;
  told.bytes += data.length;
}

// What a scheduler that starts, or has missed something, asks everybody.
transport.subscribe("reeve.sys.wanted.capabilities.*", ({ subject }) => {
  const asker = subject.slice(subject.lastIndexOf(".") + 1);
  for (const one of all) {
    if (one.alive) say(`reeve.sys.found.capabilities.${asker}.${one.name}`, one.answer(Date.now()));
  }
});

// They start one after the other, as fast as a rack after a power cut: a broker keeps only so much for a scheduler that reads.
for (const [index, one] of all.entries()) {
  say(one.subject, one.news(Date.now()));
  if (index % startedAtOnce === 0) await pause(tickMs);
}

/** Each speaks once in an interval, evenly spread. */
let turn = 0;
let due = 0;
const ticking = setInterval(() => {
  due += (all.length * tickMs) / intervalMs;
  for (; due >= 1; due -= 1) {
    const one = all[turn++ % all.length]!;
    if (one.alive) say(one.subject, one.news(Date.now()));
  }
  befall();
}, tickMs);

let changes = 0;
function befall(): void {
  changes += (all.length * backends * churn.percentASecond * tickMs) / 100 / 1_000;
  for (; changes >= 1; changes -= 1) {
    const one = all[Math.floor(random() * all.length)]!;
    told.changes += 1;
    if (!one.alive) {
      one.return();
      say(one.subject, one.news(Date.now()));
    } else if (random() < 0.05) one.die();
    else one.fill(Math.floor(random() * backends), random() < 0.3 ? 0.99 : random());
  }
}

answering<Churn, Told>(
  (asked) => {
    churn = asked;
    return { ...told };
  },
  async () => {
    clearInterval(ticking);
    await transport.close();
  },
);
