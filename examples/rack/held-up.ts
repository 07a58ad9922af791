import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Driver } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";

const lookEveryMs = 10;

/** The file whose presence makes a backend take its time: what it makes meanwhile is made when the file has gone. */
export function holdOf(directory: string, address: string): string {
  return join(directory, `${address}.hold`);
}

/** A backend that takes its time while its file is there: long enough to be killed in the middle of a creation or a clone. */
export function heldUp(driver: Driver<VolumeDriverPort>, directory: string, address: string): Driver<VolumeDriverPort> {
  const hold = holdOf(directory, address);
  type Method = (input: unknown, call: { readonly signal: AbortSignal }) => unknown;
  const late =
    (method: Method | undefined): Method =>
    async (input, call) => {
      while (existsSync(hold)) await delay(lookEveryMs, undefined, { signal: call.signal });
      return method?.(input, call);
    };
  return {
    ...driver,
    async setup(context) {
      const session = await driver.setup(context);
      const { methods, abilities } = session;
      return {
        ...session,
        methods: { ...methods, create: late(methods.create as Method) },
        abilities: { ...abilities, clones: { clone: late(abilities.clones?.clone as Method) } },
      };
    },
  };
}
