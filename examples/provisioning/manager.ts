import { column, defineManager, defineStore, job, table } from "@reeve/runtime";
import type { SnapshotFrom } from "xstate";
import { z } from "zod";
import { type Server, servers } from "./contract.ts";
import { eraseImage, imageServer } from "./image-server.ts";
import { type ServerEvent, serverMachine } from "./server.ts";

const serverStore = defineStore("server", {
  tables: {
    approvals: table({
      server: column.text().primaryKey(),
      by: column.text(),
      at: column.timestamp(),
    }),
  },
});

const Config = z.object({
  /** Where images are written. */
  images: z.string(),
  rackWithinMs: z.number(),
  pauseMs: z.number(),
  burnInMs: z.number(),
});

/** Servers, each a machine that is kept in the store. */
export const serverManager = defineManager({
  contract: servers,
  store: serverStore,
  config: Config,
  jobs: { "server.imaging": job() },
  setup({ actors, store, work, config }) {
    const { images } = config.current;
    const machine = serverMachine({
      ...config.current,
      // The promise is begun again after a crash; what it does is journalled, so that no half of an image stays.
      async writeImage({ id, model, attempt }, signal) {
        const begun = await store.transaction((tx) => work.begin(tx, "server.imaging", id));
        await work.run(begun, (own) =>
          imageServer({ images, id, model, attempt }, AbortSignal.any([signal, own.signal])),
        );
      },
    });
    const server = (id: string) => actors.get(machine, id);

    return {
      kept: [machine],
      recover: { "server.imaging": ({ resource }) => eraseImage(images, resource) },
      operations: {
        async order({ id, model }) {
          await actors.keep(machine, { id, input: { id, model } });
          return { id, model, state: "racking", attempts: 0, error: null, approvedBy: null };
        },
        racked: ({ id }, ctx) => sent(id, { type: "racked" }, (state) => ctx.fail("NOT_WAITING", { state })),
        retry: ({ id }, ctx) => sent(id, { type: "retry" }, (state) => ctx.fail("NOT_WAITING", { state })),
        // Who has approved it is a row, in one commit with the transition.
        approve: ({ id }, ctx) =>
          store.transaction(async (tx) => {
            const by = ctx.principal.user;
            const { snapshot, taken } = await server(id).send({ type: "approved", by }, { tx });
            if (!taken) ctx.fail("NOT_WAITING", { state: snapshot.value });
            await tx.insert("approvals", { server: id, by, at: new Date() });
            return shown(snapshot);
          }),
        async get({ id }, ctx) {
          const found = await actors.find(machine, id);
          return found ? shown(found.snapshot) : ctx.fail("NO_SERVER", { id });
        },
        async list({ cursor, limit }) {
          const found = await actors.list(machine, { after: cursor ?? "", limit });
          return { items: found.map(({ snapshot }) => shown(snapshot)), next: found.at(limit - 1)?.id };
        },
      },
    };

    async function sent(id: string, event: ServerEvent, refuse: (state: string) => never): Promise<Server> {
      const { snapshot, taken } = await server(id).send(event);
      return taken ? shown(snapshot) : refuse(snapshot.value);
    }

    function shown({ value, context }: SnapshotFrom<typeof machine>): Server {
      const { id, model, attempts, error, approvedBy } = context;
      return { id, model, state: value, attempts, error: error ?? null, approvedBy: approvedBy ?? null };
    }
  },
});
