import { setTimeout as delay } from "node:timers/promises";
import type { Driver } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";

/** A backend that takes its time over every create: long enough to be killed in the middle of one. */
export function slow(driver: Driver<VolumeDriverPort>, pauseMs: number): Driver<VolumeDriverPort> {
  return {
    ...driver,
    async setup(context) {
      const session = await driver.setup(context);
      const { create } = session.methods;
      return {
        ...session,
        methods: {
          ...session.methods,
          async create(input, call) {
            await delay(pauseMs, undefined, { signal: call.signal });
            await create!(input, call);
          },
        },
      };
    },
  };
}
