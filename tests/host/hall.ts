import { call, cast, contract, type Ref } from "@reeve/contract";
import { connect, createSupervisor, defineManager, type Supervisor, type SupervisorOptions } from "@reeve/runtime";
import { type Hosts, hosts } from "@reeve/runtime/host";
import { sqlite } from "@reeve/runtime/sqlite";
import { type RecordingLogger, recordingLogger, silentLogger } from "@reeve/testing";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type { Net } from "../kit/nets.ts";

const Name = z.object({ name: z.string() });

export const bells = contract("bell", "1.3", {
  ring: call({ input: Name, output: z.string(), timeout: "5m" }),
  /** Returns when it is let go, or told to end. */
  hold: call({ input: Name, output: z.string(), lane: ({ name }) => name, timeout: "5m" }),
  /** Returns when it is let go, whatever it is told. */
  toll: call({ input: Name, output: z.string(), timeout: "5m" }),
  note: cast({ input: Name }),
});

/** What a test does to the bells of one host. */
export class Rope {
  readonly #held: (() => void)[] = [];
  readonly ran: string[] = [];
  /** A start waits for it. */
  gate: Promise<void> = Promise.resolve();
  reset: () => Promise<void> | void = () => {};
  setup: () => void = () => {};

  /** How many handlers hold. */
  get holding(): number {
    return this.#held.length;
  }

  hold(): Promise<void> {
    return new Promise((resolve) => this.#held.push(resolve));
  }

  letGo(): void {
    for (const release of this.#held.splice(0)) release();
  }
}

export function bellManager(rope: Rope) {
  return defineManager({
    contract: bells,
    limits: { drainTimeout: "1s", maxInFlight: 2, maxQueued: 2 },
    setup: ({ clock }) => {
      rope.setup();
      return {
        initHost: () => rope.gate,
        reset: () => rope.reset(),
        inspect: async () => ({ tolling: rope.holding }),
        panels: [
          {
            id: "ropes",
            title: "Ropes",
            read: async () => ({
              columns: [{ id: "n", label: "N" }],
              rows: [{ id: "one", cells: { n: rope.holding } }],
            }),
          },
        ],
        periodic: { swing: { every: "1h", run: () => {} } },
        operations: {
          ring: ({ name }) => `${name} at ${clock.now()}`,
          async hold({ name }, { signal }) {
            rope.ran.push(name);
            const told = new Promise<never>((_, reject) => {
              signal.addEventListener("abort", () => reject(signal.reason), { once: true });
            });
            await Promise.race([rope.hold(), told]);
            return name;
          },
          async toll({ name }) {
            rope.ran.push(name);
            await rope.hold();
            return name;
          },
          note: ({ name }) => void rope.ran.push(name),
        },
      };
    },
  });
}

export interface Hall {
  readonly supervisor: Supervisor;
  readonly log: RecordingLogger;
  readonly rope: Rope;
  /** Its bell. */
  readonly bell: ReturnType<Ref<typeof bells>["at"]>;
}

/** A started host with one bell, `bell/<host>@tower`. It believes the gateway `web`, and takes actions from elsewhere. */
export async function hall(net: Net, host: string, more: Partial<SupervisorOptions> = {}): Promise<Hall> {
  const log = recordingLogger();
  const rope = new Rope();
  const supervisor = createSupervisor({
    host,
    transport: net.transport(host),
    store: sqlite({ path: ":memory:" }),
    log,
    trustedForwarders: ["web"],
    remoteOperators: true,
    ...more,
  });
  supervisor.spawn(bellManager(rope), { backend: "tower" });
  onTestFinished(async () => {
    rope.letGo();
    await supervisor.stop();
  });
  await supervisor.start();
  return { supervisor, log, rope, bell: supervisor.ref(bells).at(`${host}@tower`) };
}

/** The host, as somebody of another process calls it. */
export async function operator(net: Net, host: string, roles: readonly string[], caller = "web") {
  const connection = await connect({ transport: net.transport(caller), log: silentLogger });
  onTestFinished(() => connection.close());
  return connection
    .as({ user: "ada", tenant: "acme", roles: [...roles] })
    .ref(hosts)
    .at(host);
}

export type HostRef = ReturnType<Ref<Hosts>["at"]>;

export async function summaryOf(host: HostRef, name: string) {
  const { items } = await host.list({});
  return items.find((one) => one.name === name);
}
