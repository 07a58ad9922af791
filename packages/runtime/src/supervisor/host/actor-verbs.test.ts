import { ReeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import type { KeptActorInfo } from "../../manager/kept-view.ts";
import { actorVerbs } from "./actor-verbs.ts";

const actor = (machine: string, id: string): KeptActorInfo => ({
  ...{ machine, id, status: "active", state: "racking", dueAt: null, lastError: null, createdAt: 1, changedAt: 2 },
});

/** Managers with actors of these machines and ids, and the verbs over them. */
function desk(kept: Readonly<Record<string, readonly KeptActorInfo[] | undefined>>) {
  const managers: any[] = Object.entries(kept).map(([key, actors]) => ({
    key,
    life: actors && {
      kept: {
        async list({ machine, after, limit }: any) {
          const place = (one: KeptActorInfo) => `${one.machine}\n${one.id}`;
          const from = after ? `${after.machine}\n${after.id}` : "";
          return actors.filter((one) => place(one) > from && (!machine || one.machine === machine)).slice(0, limit);
        },
        describe: async (machine: string, id: string) => {
          const found = actors.find((one) => one.machine === machine && one.id === id);
          return found && { ...found, context: { n: 1 }, delays: [] };
        },
      },
    },
  }));
  const fail = (reason: string, data: unknown): never => {
    throw new ReeveError({ code: "NOT_FOUND", reason, message: reason, outcome: "executed", data, retryable: false });
  };
  const ctx = { fail } as never;
  const find = (name: string) => managers.find(({ key }) => key === name) ?? fail("NO_SUCH_MANAGER", { manager: name });
  const some = (filter: any) => managers.filter(({ key }) => !filter?.manager || key === filter.manager);
  return { verbs: actorVerbs({ some, find }), ctx };
}

test("actors of all managers are listed in pages, by manager, machine and id", async () => {
  const { verbs, ctx } = desk({
    "server/a": [actor("server", "s1"), actor("server", "s2"), actor("switch", "s1")],
    "host/a": undefined,
    "volume/a": [actor("copy", "c1\nwith a line's end"), actor("copy", "c2")],
  });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await verbs.actors({ limit: 2, cursor }, ctx);
    expect(items.length).toBeLessThanOrEqual(2);
    seen.push(...items.map(({ manager, machine, id }) => `${manager} ${machine} ${id}`));
    cursor = next;
  } while (cursor !== undefined);
  expect(seen).toEqual([
    "server/a server s1",
    "server/a server s2",
    "server/a switch s1",
    "volume/a copy c1\nwith a line's end",
    "volume/a copy c2",
  ]);
});

test("one is described, and one that is not there is named", async () => {
  const { verbs, ctx } = desk({ "server/a": [actor("server", "s1")] });
  const of = (id: string) => verbs.describeActor({ manager: "server/a", machine: "server", id }, ctx);
  expect(await of("s1")).toMatchObject({ manager: "server/a", state: "racking", context: { n: 1 }, delays: [] });
  await expect(of("s9")).rejects.toMatchObject({ reason: "NO_SUCH_ACTOR", data: { machine: "server", id: "s9" } });
});
