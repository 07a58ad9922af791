import { secret } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { isDriver } from "./driver.ts";
import type { Fenced, TransferCall } from "./driver-call.ts";
import { driverPort } from "./driver-port.ts";
import { method, query, streaming } from "./method.ts";

const lamp = driverPort("lamp", {
  version: "1.2",
  methods: { dim: method<{ percent: number }, string>(), colours: query<string[]>() },
  abilities: { films: { play: streaming<{ film: string }, string>() } },
});

const sound = {
  name: "test-lamp",
  options: z.object({ bus: z.string(), port: z.number().int().default(4) }),
  setup: (options: { bus: string; port: number }) => options,
  methods: {
    dim: ({ bus }: { bus: string }, { percent }: { percent: number }) => `${bus} ${percent}`,
    colours: ({ port }: { port: number }) => [String(port)],
  },
};

const call: TransferCall = {
  signal: new AbortController().signal,
  log: { debug() {}, info() {}, warn() {}, error() {} },
  epoch: 1,
  progress() {},
};

/** A definition as JavaScript or a cast would hand it in. */
const broken = (change: object) => () => defineDriver(lamp, { ...sound, ...change } as typeof sound)({ bus: "a" });

test("a factory validates its options, and set-up binds the methods to the device it opens", async () => {
  const driver = defineDriver(lamp, sound)({ bus: "usb" });
  expect(isDriver(driver)).toBe(true);
  expect(driver).toMatchObject({ name: "test-lamp", implements: "1.2", abilities: [] });
  const session = await driver.setup(call);
  expect(await session.methods.dim!({ percent: 5 }, call)).toBe("usb 5");
  expect(await session.methods.colours!(undefined, call)).toEqual(["4"]);
  expect(session).toMatchObject({ stats: undefined, check: undefined });
  expect(session.abilities).toEqual({});
  await session.close();
});

test("each set-up opens a device of its own", async () => {
  let opened = 0;
  const closed: number[] = [];
  const driver = defineDriver(lamp, {
    ...sound,
    setup: () => ({ bus: "x", port: ++opened }),
    close: ({ port }) => void closed.push(port),
  })({ bus: "a" });
  const first = await driver.setup(call);
  const second = await driver.setup(call);
  await first.close();
  expect(await second.methods.colours!(undefined, call)).toEqual(["2"]);
  expect(closed).toEqual([1]);
});

test("an option that does not validate is refused with its name and value", () => {
  const factory = defineDriver(lamp, sound);
  expect(() => factory({ bus: 7 as unknown as string })).toThrow(/^driver test-lamp: options\.bus: .*\(got 7\)$/);
  expect(() => factory(undefined as never)).toThrow(/^driver test-lamp: options: .*\(got undefined\)$/);
  expect(() => factory({ bus: "a", port: 1.5 })).toThrow(/options\.port: .*\(got 1\.5\)/);
  const secretive = defineDriver(lamp, { ...sound, options: z.object({ bus: z.string() }) as never });
  expect(() => secretive({ bus: { password: "hunter2" } } as never)).toThrow(/\(got an object\)$/);
});

test("of an option that is secret a refusal shows the name alone, wherever it lies", () => {
  const login = z.object({ password: secret(z.string().min(20)), token: secret(z.object({ key: z.number() })) });
  const guarded = defineDriver(lamp, { ...sound, options: z.object({ bus: z.string(), login }) as never });
  const given = { bus: "a", login: { password: "hunter2", token: { key: "open sesame" } } };
  const refusal = () => guarded(given as never);
  expect(refusal).toThrow(
    /options\.login\.password: .*\(got a secret\).*options\.login\.token\.key: .*\(got a secret\)/s,
  );
  expect(refusal).not.toThrow(/hunter2|sesame/);
});

test("an options schema that validates asynchronously is refused", () => {
  const later = z.string().refine(async () => true);
  expect(broken({ options: z.object({ bus: later }) })).toThrow(/options: .*asynchronous/);
});

test.each([
  ["a missing method", { methods: { dim: sound.methods.dim } }, /method colours is missing/],
  [
    "a method other than a function",
    { methods: { ...sound.methods, dim: 1 } },
    /method dim is number; write a function/,
  ],
  [
    "a method with more parameters than it is given",
    { methods: { ...sound.methods, colours: (_a: 1, _b: 2, _c: 3) => [] } },
    /method colours takes 3 arguments, but is given 2/,
  ],
  ["a method the port does not know", { methods: { ...sound.methods, dimm: () => {} } }, /no method "dimm"/],
  ["a check that is misspelt", { chek: () => {} }, /driver test-lamp: unknown "chek"; it has name, .*check, .*close/],
  ["a missing set-up", { setup: undefined }, /setup is missing/],
  ["an unknown ability", { abilities: { songs: {} } }, /the lamp port has no ability "songs"/],
  ["half an ability", { abilities: { films: {} } }, /ability films: method play is missing/],
  ["a malformed name", { name: "Test Lamp" }, /driver name: "Test Lamp"/],
  ["a malformed version", { implements: "1" }, /implements: expected "major\.minor", got "1"/],
  ["a fence other than a function", { fence: true }, /fence is boolean/],
  ["word on fencing without a fence", { fences: () => true }, /fence is missing/],
  ["a check other than a function", { check: true }, /check is boolean/],
])("%s is refused by name", (_what, change, message) => {
  expect(broken(change)).toThrow(message);
});

test("a driver fences when it has a fence, unless it says that with these options it does not", async () => {
  const fenced: unknown[] = [];
  const fence = ({ bus }: { bus: string }, given: Fenced) => void fenced.push([bus, given]);
  const plain = defineDriver(lamp, sound)({ bus: "a" });
  expect([plain.fences, (await plain.setup(call)).fence]).toEqual([false, undefined]);
  const fencing = defineDriver(lamp, { ...sound, fence });
  expect(fencing({ bus: "a" }).fences).toBe(true);
  await (await fencing({ bus: "a" }).setup(call)).fence!({ address: "block-01@ssd", epoch: 4 }, call);
  expect(fenced).toEqual([["a", { address: "block-01@ssd", epoch: 4 }]]);
  const choosy = defineDriver(lamp, { ...sound, fence, fences: ({ bus }) => bus === "shared" });
  expect([choosy({ bus: "shared" }).fences, choosy({ bus: "own" }).fences]).toEqual([true, false]);
  expect((await choosy({ bus: "own" }).setup(call)).fence).toBeUndefined();
});

test("a port with statistics wants them of every driver", () => {
  const metered = driverPort("meter", { version: "1.0", methods: {}, stats: z.object({ watts: z.number() }) });
  const definition = { name: "test-meter", options: z.object({}), setup: () => ({}), methods: {} } as never;
  expect(() => defineDriver(metered, definition)({} as never)).toThrow("driver test-meter: stats is missing");
});
