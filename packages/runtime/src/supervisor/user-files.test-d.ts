import { call, cast, contract, isError, paged, type Ref, stream } from "@reeve/contract";
import { driverPort, method } from "@reeve/driver-sdk";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { defineManager } from "../manager/definition.ts";
import { job } from "../recovery/index.ts";
import { notPermitted } from "../rpc/callee/rights.ts";
import { hasRole } from "../rpc/principal.ts";
import { column, defineStore, table } from "../store/index.ts";
import type { Supervisor } from "./supervisor.ts";

// The files of a user, with no annotation; every @ts-expect-error is a mistake that the types must catch.
const Volume = z.object({ id: z.string(), name: z.string(), sizeGiB: z.number(), host: z.string().nullable() });
type Volume = z.infer<typeof Volume>;
const Id = z.object({ id: z.string() });
const volumes = contract("volume", "1.2", {
  create: call({
    input: z.object({ name: z.string(), sizeGiB: z.coerce.number() }),
    output: Volume,
    dedupe: "store",
    errors: { QUOTA_EXCEEDED: z.object({ limitGiB: z.number() }) },
  }),
  build: call({ route: "address", input: Volume, output: Volume }),
  get: call({ input: Id, output: Volume, idempotent: true }),
  list: paged({ filter: z.object({ host: z.string().optional() }), item: Volume }),
  extend: call({
    route: "owner",
    since: "1.1",
    input: Id.extend({ sizeGiB: z.number() }),
    output: Volume,
    lane: ({ id }) => id,
  }),
  delete: call({ route: "owner", input: Id }),
  copy: stream({ route: "owner", input: Id, progress: z.object({ percent: z.number() }), output: Volume }),
  rescan: cast({ input: z.object({}) }),
});
const port = driverPort("volume", { version: "1.0", methods: { create: method<{ id: string }>() } });
const volumeStore = defineStore("volume", {
  tables: { volumes: table({ id: column.text().primaryKey(), host: column.text().nullable() }) },
});

export const manager = defineManager({
  contract: volumes,
  driver: port,
  store: volumeStore,
  capabilities: z.object({ free: z.number() }),
  config: z.object({ quotaGiB: z.number().default(10) }),
  jobs: { "volume.creating": job(), "volume.copying": job<{ sizeGiB: number }>() },
  setup({ driver, store, work, capabilities, config, address }) {
    expectTypeOf(config.current).toEqualTypeOf<{ quotaGiB: number }>();
    expectTypeOf(address).toEqualTypeOf<string>();
    // @ts-expect-error capabilities of another shape
    const wrong = () => capabilities.update({ full: 1 });
    // @ts-expect-error a driver method that the port does not have
    const missing = () => driver.destroy({ id: "" });
    return {
      initHost: (ctx, { serviceId, addedToCluster }) => void [ctx.peer, serviceId, addedToCluster, wrong, missing],
      owner: async ({ id }) => (await store.get("volumes", id)).host,
      operations: {
        async create(input, ctx) {
          expectTypeOf(input).toEqualTypeOf<{ name: string; sizeGiB: number }>();
          if (input.sizeGiB > config.current.quotaGiB) ctx.fail("QUOTA_EXCEEDED", { limitGiB: 10 });
          // @ts-expect-error a reason that is not declared
          const undeclared = () => ctx.fail("NOPE", {});
          // @ts-expect-error data of another shape
          const misshapen = () => ctx.fail("QUOTA_EXCEEDED", { limit: 10 });
          void [undeclared, misshapen];
          return ctx
            .ref(volumes)
            .at("h")
            .build({ id: "v", host: null, ...input });
        },
        async build(volume) {
          const job = await store.transaction((tx) => work.begin(tx, "volume.creating", volume.id));
          return work.run(job, async ({ signal }) => {
            await driver.create({ id: volume.id }, { signal });
            return async (tx) => {
              await tx.update("volumes", volume.id, { host: address });
              return volume;
            };
          });
        },
        get: async ({ id }) => ({ id, name: "", sizeGiB: 1, host: null }),
        async list({ filter, limit, cursor }) {
          expectTypeOf(filter).toEqualTypeOf<{ host?: string | undefined } | undefined>();
          expectTypeOf(limit).toEqualTypeOf<number>();
          expectTypeOf(cursor).toEqualTypeOf<string | undefined>();
          return { items: [] };
        },
        extend: async ({ id, sizeGiB }) => ({ id, name: "", sizeGiB, host: null }),
        async delete({ id }, ctx) {
          await ctx.ref(volumes).get({ id });
        },
        async *copy({ id }) {
          const copying = await store.transaction((tx) => work.begin(tx, "volume.copying", id, { sizeGiB: 1 }));
          expectTypeOf(copying.payload).toEqualTypeOf<{ sizeGiB: number }>();
          return yield* work.stream(copying, async function* ({ signal }) {
            yield { percent: signal.aborted ? 0 : 10 };
            return async (tx) => {
              const { host } = await tx.update("volumes", id, { host: address });
              return { id, name: "", sizeGiB: 1, host };
            };
          });
        },
        async rescan() {},
      },
      recover: {
        "volume.creating": async ({ resource, payload }) => {
          expectTypeOf(payload).toEqualTypeOf<undefined>();
          void resource;
        },
        "volume.copying": ({ payload }) => {
          expectTypeOf(payload).toEqualTypeOf<{ sizeGiB: number }>();
          return (tx) => tx.delete("volumes", "");
        },
      },
      periodic: { reportStats: { every: "60s", immediately: true, run: (ctx) => ctx.log.info("tick") } },
    };
  },
});

const one = contract("one", "1.0", { go: call({ input: Id, output: z.number() }) });
defineManager({
  contract: one,
  store: volumeStore,
  jobs: { making: job() },
  // @ts-expect-error a kind of work that nobody recovers
  setup: () => ({ operations: { go: () => 1 } }),
});
defineManager({
  contract: one,
  store: volumeStore,
  jobs: { making: job() },
  // @ts-expect-error one of two kinds
  setup: () => ({ operations: { go: () => 1 }, recover: { unmaking: () => {} } }),
});
defineManager({
  contract: one,
  store: volumeStore,
  jobs: { making: job() },
  // @ts-expect-error recovers a kind too many, beside the one that is declared
  setup: () => ({ operations: { go: () => 1 }, recover: { making: () => {}, unmaking: () => {} } }),
});
defineManager({
  contract: one,
  store: volumeStore,
  jobs: { making: job<{ sizeGiB: number }>(), unmaking: job() },
  // @ts-expect-error the same of a setup that is asynchronous
  setup: async () => ({
    operations: { go: () => 1 },
    recover: {
      making: ({ payload }) => {
        expectTypeOf(payload).toEqualTypeOf<{ sizeGiB: number }>();
      },
      unmaking: () => {},
      mending: () => {},
    },
  }),
});
defineManager({
  contract: one,
  store: volumeStore,
  // @ts-expect-error recovers work that is not declared
  setup: () => ({ operations: { go: () => 1 }, recover: { making: () => {} } }),
});
defineManager({
  contract: one,
  store: volumeStore,
  setup: ({ work, store }) => {
    // @ts-expect-error begins work that is not declared
    const begin = () => store.transaction((tx) => work.begin(tx, "making", "r"));
    return { operations: { go: () => Number(Boolean(begin)) } };
  },
});
defineManager({
  contract: one,
  store: volumeStore,
  // @ts-expect-error what job() did not make
  jobs: { making: 1 },
  setup: () => ({ operations: { go: () => 1 }, recover: { making: () => {} } }),
});
// @ts-expect-error an operation without a handler
defineManager({ contract: one, setup: () => ({ operations: {} }) });
// @ts-expect-error an answer of another type
defineManager({ contract: one, setup: () => ({ operations: { go: async () => "1" } }) });
defineManager({
  contract: one,
  store: volumeStore,
  setup: ({ store }) => {
    // @ts-expect-error a table that the store does not have
    store.get("nothing", "");
    return { operations: { go: () => 1 } };
  },
});

const guarded = contract(
  "guarded",
  "1.0",
  {
    open: call({ input: z.object({ door: z.coerce.number() }), roles: ["*"] }),
    burn: call({ input: Id, output: z.number(), roles: ["operator"] }),
    list: paged({
      filter: Id,
      item: Volume,
      roles: ["auditor"],
      timeout: "5s",
      route: "address",
      errors: { TOO_MANY: z.object({ limit: z.number() }) },
    }),
    watch: stream({ input: Id, progress: z.number(), roles: ["operator"] }),
  },
  { access: "listed" },
);
// @ts-expect-error no such access
contract("guarded", "1.0", {}, { access: "closed" });
// @ts-expect-error a paged operation has no lane
paged({ filter: Id, item: Volume, lane: () => "" });
defineManager({
  contract: guarded,
  setup: () => ({
    async authorize(ctx, operation, input) {
      expectTypeOf(operation).toEqualTypeOf<"open" | "burn" | "list" | "watch">();
      expectTypeOf(ctx.principal.roles).toEqualTypeOf<readonly string[]>();
      if (operation === "open") expectTypeOf(input).toEqualTypeOf<{ door: number }>();
      if (operation === "list") expectTypeOf(input.limit).toEqualTypeOf<number>();
      // @ts-expect-error no such operation
      if (operation === "melt") throw notPermitted("");
      return hasRole(ctx.principal, "auditor");
    },
    operations: {
      open: () => {},
      burn: () => 1,
      list: (_, ctx) => ctx.fail("TOO_MANY", { limit: 1 }),
      async *watch() {
        yield 1;
      },
    },
  }),
});
defineManager({
  contract: one,
  // @ts-expect-error to say nothing is not to say yes
  setup: () => ({ authorize: () => {}, operations: { go: () => 1 } }),
});
declare const guardedRef: Ref<typeof guarded>;
// @ts-expect-error its list is only offered by .at()
guardedRef.list;
export async function pages() {
  try {
    expectTypeOf((await guardedRef.at("a").list({})).items[0]).toEqualTypeOf<Volume | undefined>();
  } catch (error) {
    if (isError(error, guarded, "list", "TOO_MANY")) expectTypeOf(error.data).toEqualTypeOf<{ limit: number }>();
  }
}

declare const supervisor: Supervisor;
// @ts-expect-error no driver of that kind
supervisor.spawn(manager, { driver: "file" });
declare const volume: Ref<typeof volumes>;
export async function calls() {
  const v = await volume.create({ name: "db", sizeGiB: "10" }, { timeout: "30s", idempotencyKey: "k" });
  expectTypeOf(v).toEqualTypeOf<Volume>();
  expectTypeOf(await volume.extend({ id: v.id, sizeGiB: 20 })).toEqualTypeOf<Volume>();
  expectTypeOf(await volume.delete({ id: v.id })).toEqualTypeOf<void>();
  await volume.at("block-01@ssd").build(v);
  // @ts-expect-error build is only offered by .at()
  await volume.build(v);
  for (const answer of await volume.all().get({ id: v.id })) {
    expectTypeOf(answer.address).toEqualTypeOf<string>();
    if (answer.status === "fulfilled") expectTypeOf(answer.value).toEqualTypeOf<Volume>();
  }
  // @ts-expect-error streams are not gathered
  volume.all().copy({ id: v.id });
  await volume.rescan({});
  const copying = volume.copy({ id: v.id });
  for await (const step of copying) expectTypeOf(step).toEqualTypeOf<{ percent: number }>();
  expectTypeOf(await copying.result).toEqualTypeOf<Volume>();
  const page = await volume.list({ filter: { host: "h" }, limit: 10 });
  expectTypeOf(page.items[0]).toEqualTypeOf<Volume | undefined>();
  volume.supports("copy");
  // @ts-expect-error no such operation
  volume.supports("melt");
  // @ts-expect-error wrong input
  await volume.create({ name: 1 });
  // @ts-expect-error no such duration
  await volume.get({ id: "" }, { timeout: "soon" });
  try {
    await volume.create({ name: "x", sizeGiB: 1 });
  } catch (error) {
    if (isError(error, volumes, "create", "QUOTA_EXCEEDED")) expectTypeOf(error.data.limitGiB).toEqualTypeOf<number>();
    // @ts-expect-error an error that the operation does not declare
    isError(error, volumes, "create", "NOPE");
  }
}
