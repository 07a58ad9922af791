import { call, contract } from "@reeve/contract";
import { nats } from "@reeve/nats";
import { connect, createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const contractOf = (name: string) =>
  contract(name, "1.0", { ring: call({ input: z.object({}), output: z.string(), timeout: "5s" }) });
const [bells, gongs] = [contractOf("bell"), contractOf("gong")];
const managerOf = (of: typeof bells) =>
  defineManager({ contract: of, setup: ({ address }) => ({ operations: { ring: () => address } }) });

/** A host's own link; what the test holds back has not left for the broker. */
class SlowLink {
  /** Subjects that are subscribed to. */
  readonly subjects: string[] = [];
  #held = false;
  readonly #kept: (() => void)[] = [];

  readonly wrap = (inner: Transport): Transport =>
    new Proxy(inner, {
      get: (target, name) => {
        if (name === "subscribe") return this.#subscribe(inner);
        if (name === "flush") return () => this.#flush(inner);
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    for (const pass of this.#kept.splice(0)) pass();
  }

  #subscribe(inner: Transport): Transport["subscribe"] {
    return (subject, handler, options) => {
      const subscribe = () => inner.subscribe(subject, handler, options);
      const made = this.#held
        ? new Promise<ReturnType<typeof subscribe>>((resolve) => this.#kept.push(() => resolve(subscribe())))
        : subscribe();
      this.subjects.push(subject);
      const forget = () => void this.subjects.splice(this.subjects.indexOf(subject), 1);
      return {
        unsubscribe: () => {
          forget();
          if (made instanceof Promise) void made.then((one) => one.unsubscribe());
          else made.unsubscribe();
        },
        drain: async () => {
          forget();
          await (await made).drain();
        },
      };
    };
  }

  async #flush(inner: Transport): Promise<void> {
    if (this.#held) await new Promise<void>((resolve) => this.#kept.push(resolve));
    await inner.flush();
  }
}

test("a manager that others have heard of is ready when the broker has its subscriptions as well", async () => {
  const server = await natsServer();
  onTestFinished(() => server.close());
  const link = new SlowLink();
  const supervisor = createSupervisor({
    host: "tower",
    transport: link.wrap(nats({ servers: server.url, caller: "tower" })),
    store: sqlite({ path: ":memory:" }),
    log: silentLogger,
  });
  onTestFinished(async () => {
    link.release();
    await supervisor.stop();
  });
  supervisor.spawn(managerOf(gongs));
  await supervisor.start();
  const listener = nats({ servers: server.url, caller: "listener" });
  onTestFinished(() => listener.close());
  await listener.connect();
  const heard = new Promise<void>((resolve) => {
    listener.subscribe("reeve.sys.members.tower", ({ data }) => {
      const { entries } = JSON.parse(new TextDecoder().decode(data));
      if (entries.some(({ manager, canServe }: any) => manager === "bell" && canServe)) resolve();
    });
  });
  await listener.flush();
  link.hold();
  let ready = false;
  const late = supervisor
    .spawn(managerOf(bells), { backend: "late" })
    .ready()
    .then(() => {
      ready = true;
    });
  await heard;
  for (let round = 0; round < 20; round++) await listener.flush();
  expect(ready).toBe(false);
  link.release();
  await late;
  await using newcomer = await connect({
    transport: nats({ servers: server.url, caller: "newcomer" }),
    log: silentLogger,
  });
  expect(await newcomer.ref(bells).ring({})).toBe("tower@late");
});
