import { writeSync } from "node:fs";
import type { BoundMethods, Driver, DriverSession } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";
import type { StoreBackend } from "@reeve/runtime";

/** What becomes of a process at one of its steps: it is killed there, or stands still until it is resumed. */
export type Stop = "kill" | "pause";

/** Counts the steps of a process: each statement, each end of a commit, each end of a driver call. It ends at one of them when told to. */
export class Steps {
  #taken = 0;
  #last: number | string = Number.POSITIVE_INFINITY;
  #stop: Stop = "kill";

  get taken(): number {
    return this.#taken;
  }

  /**
   * From now on they are counted from 1, and the process stops right before it takes that one, or the first that is called so;
   * `a > b`: the first `b` after an `a`.
   */
  arm(last: number | string, stop: Stop): void {
    this.#taken = 0;
    this.#last = last;
    this.#stop = stop;
  }

  take(name: string): void {
    if (!this.#stopsAt(name)) return;
    this.#last = Number.POSITIVE_INFINITY;
    writeSync(1, `stopped ${this.#stop} ${name}\n`);
    if (this.#stop === "pause") return void process.kill(process.pid, "SIGSTOP");
    process.kill(process.pid, "SIGKILL");
    // It is not gone at once, and nothing may happen meanwhile.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }

  #stopsAt(name: string): boolean {
    this.#taken += 1;
    if (typeof this.#last === "number") return this.#taken === this.#last;
    const [first, ...later] = this.#last.split(" > ");
    if (!name.includes(first!)) return false;
    if (later.length === 0) return true;
    this.#last = later.join(" > ");
    return false;
  }
}

/** A real store whose statements and commits are steps. */
export function steppedStore(inner: StoreBackend, steps: Steps): StoreBackend {
  return {
    async open(options) {
      const connections = await inner.open(options);
      const own: Partial<typeof connections> = {
        read(layout, query) {
          steps.take(`read: ${query.sql}`);
          return connections.read(layout, query);
        },
        async write(body, given) {
          steps.take("before a transaction");
          const result = await connections.write(async (session) => {
            const made = await body(
              forwarded(session, {
                execute(layout, query) {
                  steps.take(`statement: ${query.sql}`);
                  return session.execute(layout, query);
                },
                executeLater(layout, query, check) {
                  steps.take(`statement: ${query.sql}`);
                  return session.executeLater(layout, query, check);
                },
              }),
            );
            steps.take("before a commit");
            return made;
          }, given);
          steps.take("after a commit");
          return result;
        },
      };
      return forwarded(connections, own);
    },
  };
}

/** An object some of whose members are others. */
export function forwarded<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (name in own) return Reflect.get(own, name);
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A real driver the two ends of whose calls are steps. */
export function steppedDriver(
  driver: Driver<VolumeDriverPort>,
  take: (name: string) => void,
): Driver<VolumeDriverPort> {
  return { ...driver, setup: async (context) => steppedSession(await driver.setup(context), take) };
}

function steppedSession(session: DriverSession, take: (name: string) => void): DriverSession {
  const abilities = Object.entries(session.abilities).map(([name, methods]) => [
    name,
    steppedMethods(methods, `${name}.`, take),
  ]);
  const { fence } = session;
  return {
    ...session,
    ...(fence ? { fence: steppedMethods({ fence } as BoundMethods, "", take).fence as typeof fence } : {}),
    methods: steppedMethods(session.methods, "", take),
    abilities: Object.fromEntries(abilities),
  };
}

function steppedMethods(methods: BoundMethods, prefix: string, take: (name: string) => void): BoundMethods {
  const all = Object.entries(methods).map(([name, method]) => {
    const full = `${prefix}${name}`;
    const stepped: BoundMethods[string] =
      full === "images.export"
        ? async function* (input, call) {
            take(`before ${full}`);
            yield* method(input, call) as AsyncIterable<Uint8Array>;
            take(`after ${full}`);
          }
        : async (input, call) => {
            take(`before ${full}`);
            const answer = await method(input, call);
            take(`after ${full}`);
            return answer;
          };
    return [name, stepped];
  });
  return Object.fromEntries(all);
}
