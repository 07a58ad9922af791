import type { Driver } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";

/** A moment in a create: before its image is made, or after, when nobody has been told yet. */
export type Moment = "before" | "after";

/** Holds a backend up in the middle of a create, so that it is caught there for certain. */
export class Holdup {
  #wanted: { readonly moment: Moment; readonly reached: () => void } | undefined;

  /** Resolves when the next create has come to that moment, where it stays until it is aborted. */
  next(moment: Moment): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { moment, reached: resolve };
    return promise;
  }

  /** A driver around a driver. */
  around(driver: Driver<VolumeDriverPort>): Driver<VolumeDriverPort> {
    return {
      ...driver,
      setup: async (context) => {
        const session = await driver.setup(context);
        const { create } = session.methods;
        return {
          ...session,
          methods: {
            ...session.methods,
            create: async (input, call) => {
              await this.#pass("before", call.signal);
              await create!(input, call);
              await this.#pass("after", call.signal);
            },
          },
        };
      },
    };
  }

  async #pass(moment: Moment, signal: AbortSignal): Promise<void> {
    if (this.#wanted?.moment !== moment) return;
    const { reached } = this.#wanted;
    this.#wanted = undefined;
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    reached();
    await aborted;
  }
}
