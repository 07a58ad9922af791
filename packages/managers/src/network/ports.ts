import { pageOf, reachableRow, reaches, rowNotFound } from "../resource/index.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { shownPort, shownPorts } from "./port-rows.ts";

/** Shows ports and removes them. */
export function ports({ store }: NetworkHandles): Pick<NetworkOperations, "getPort" | "listPorts" | "deletePort"> {
  return {
    async getPort({ id }, ctx) {
      const port = await shownPort(store, id);
      if (port && reaches(ctx, port)) return port;
      throw rowNotFound("ports", id);
    },

    async listPorts({ filter: { host, ...filter } = {}, ...query }, ctx) {
      const attached = store.selectFrom("attachments").select("portId");
      const among = host === undefined ? undefined : attached.where("host", "=", host);
      const page = await pageOf(store, "ports", { ...query, filter }, ctx, { among });
      const shown = await shownPorts(
        store,
        page.items.map(({ id }) => id),
      );
      // They are read a second time: one that has changed meanwhile is not what was asked for any more.
      const items = shown.filter(
        (port) => (filter.status ?? port.status) === port.status && (host ?? port.host) === port.host,
      );
      return { ...page, items };
    },

    deletePort: ({ id }, ctx) =>
      store.transaction(async (tx) => {
        // Whoever attaches the port changes this row first: what is read of its attachment below is as it stays.
        await tx.selectFrom("ports").select("id").where("id", "=", id).forUpdate().execute();
        const { status } = await reachableRow(tx, "ports", id, ctx);
        const attachment = await tx.find("attachments", id);
        if (attachment || (status !== "down" && status !== "error")) ctx.fail("WRONG_STATUS", { status });
        await tx.deleteFrom("addresses").where("portId", "=", id).execute();
        await tx.delete("ports", id);
      }),
  };
}
