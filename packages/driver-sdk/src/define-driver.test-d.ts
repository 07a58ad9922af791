import { expectTypeOf } from "vitest";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import type { Driver } from "./driver.ts";
import type { Progress, TransferCall } from "./driver-call.ts";
import type { DriverClient, TransferOptions } from "./driver-client.ts";
import { driverPort } from "./driver-port.ts";
import { method, query, streaming, transfer } from "./method.ts";
import type { volumeDriver } from "./volume/index.ts";

const Stats = z.object({ free: z.number() });
const lamp = driverPort("lamp", {
  version: "1.2",
  methods: { dim: method<{ percent: number }, boolean>(), colours: query<string[]>() },
  abilities: { films: { load: transfer<{ url: string }, number>(), play: streaming<{ film: string }, Uint8Array>() } },
  stats: Stats,
});
const options = z.object({ bus: z.string(), retries: z.number().default(3) });
const methods = { dim: () => true, colours: () => [] };
const stats = () => ({ free: 1 });

// Everything infers: options from the schema, the device from setup, inputs and answers from the port.
const brightLamp = defineDriver(lamp, {
  name: "bright-lamp",
  options,
  setup: async (given) => {
    expectTypeOf(given).toEqualTypeOf<{ bus: string; retries: number }>();
    return { level: 0 };
  },
  methods: {
    dim: async (device, input, call) => {
      expectTypeOf(device).toEqualTypeOf<{ level: number }>();
      expectTypeOf(input).toEqualTypeOf<{ percent: number }>();
      expectTypeOf(call.signal).toEqualTypeOf<AbortSignal>();
      return input.percent > 0;
    },
    colours: (device) => [String(device.level)],
  },
  abilities: {
    films: {
      load: async (_device, { url }, call) => {
        expectTypeOf(call).toEqualTypeOf<TransferCall>();
        return url.length;
      },
      play: async function* (device) {
        yield new Uint8Array(device.level);
      },
    },
  },
  stats: (device) => ({ free: device.level }),
});

expectTypeOf(brightLamp).parameters.toEqualTypeOf<[{ bus: string; retries?: number | undefined }]>();
expectTypeOf(brightLamp({ bus: "a" })).toEqualTypeOf<Driver<typeof lamp>>();

declare const driver: DriverClient<typeof lamp>;
expectTypeOf(driver.dim({ percent: 1 }, { timeout: "3s" })).toEqualTypeOf<Promise<boolean>>();
expectTypeOf(driver.colours()).toEqualTypeOf<Promise<string[]>>();
expectTypeOf(driver.stats()).toEqualTypeOf<Promise<{ free: number }>>();
expectTypeOf(driver.healthy).toEqualTypeOf<boolean>();
expectTypeOf(driver.films?.load).toEqualTypeOf<
  ((input: { url: string }, options?: TransferOptions) => Promise<number>) | undefined
>();
expectTypeOf(driver.films?.play({ film: "x" })).toEqualTypeOf<AsyncIterable<Uint8Array> | undefined>();
driver.films?.load({ url: "" }, { onProgress: (progress) => expectTypeOf(progress).toEqualTypeOf<Progress>() });

// @ts-expect-error an ability may be missing
driver.films.load({ url: "" });
// @ts-expect-error only transfers report progress
driver.dim({ percent: 1 }, { onProgress: () => {} });
// @ts-expect-error a wrong option
brightLamp({ bus: 1 });
// @ts-expect-error the driver of another port
export const misplaced: Driver<typeof volumeDriver> = brightLamp({ bus: "a" });

// @ts-expect-error a method is missing
defineDriver(lamp, { name: "x", options, setup: () => 1, methods: { dim: () => true }, stats });
// @ts-expect-error stats are missing
defineDriver(lamp, { name: "x", options, setup: () => 1, methods });
// @ts-expect-error a wrong answer
defineDriver(lamp, { name: "x", options, setup: () => 1, methods: { ...methods, dim: () => 1 }, stats });
// @ts-expect-error more parameters than a method is given
defineDriver(lamp, { name: "x", options, setup: () => 1, methods: { ...methods, colours: (_d, _c, _e) => [] }, stats });
// @ts-expect-error an ability that the port does not know
defineDriver(lamp, { name: "x", options, setup: () => 1, methods, stats, abilities: { sing: {} } });
// @ts-expect-error half an ability
defineDriver(lamp, { name: "x", options, setup: () => 1, methods, stats, abilities: { films: { load: () => 1 } } });
// @ts-expect-error statistics of another shape
defineDriver(lamp, { name: "x", options, setup: () => 1, methods, stats: () => ({ used: 1 }) });
