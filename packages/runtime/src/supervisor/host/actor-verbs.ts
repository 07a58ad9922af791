import type { Page } from "@reeve/contract";
import type { KeptActorInfo } from "../../manager/kept-view.ts";
import type { OperationContext } from "../../rpc/callee/context.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import { pageOf } from "./page-of.ts";
import type { ActorDescription, ActorInfo } from "./schemas.ts";
import { shortText } from "./short-text.ts";

type Ctx = OperationContext<any>;

interface ActorFilter {
  readonly manager?: string | undefined;
  readonly machine?: string | undefined;
  readonly status?: ActorInfo["status"] | undefined;
}

interface ActorPage {
  readonly filter?: ActorFilter | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Managers {
  some(filter: ActorFilter | undefined): readonly AdministeredManager[];
  /** Fails where there is no such manager. */
  find(name: string, ctx: Ctx): AdministeredManager;
}

/** What the `host` contract offers for the kept actors of its managers. */
export function actorVerbs({ some, find }: Managers) {
  return {
    async actors({ filter, limit, cursor }: ActorPage, ctx: Ctx): Promise<Page<ActorInfo>> {
      if (filter?.manager !== undefined) find(filter.manager, ctx);
      const [from, after] = placeOf(cursor);
      const lists = some(filter)
        .filter(({ key }) => from === undefined || key >= from)
        .map(async ({ key, life }) => {
          const { machine, status } = filter ?? {};
          const page = { machine, status, after: key === from ? after : undefined, limit: limit + 1 };
          const found = (await life?.kept?.list(page)) ?? [];
          return found.map((actor) => ({ key: keyOf(key, actor), item: shown(key, actor) }));
        });
      return pageOf((await Promise.all(lists)).flat(), limit, cursor);
    },
    async describeActor(
      { manager, machine, id }: { readonly manager: string; readonly machine: string; readonly id: string },
      ctx: Ctx,
    ): Promise<ActorDescription> {
      const found = await find(manager, ctx).life?.kept?.describe(machine, id);
      if (!found) return ctx.fail("NO_SUCH_ACTOR", { machine, id });
      const { context, delays } = found;
      return { ...shown(manager, found), context, delays: [...delays] };
    },
  };
}

/** Neither names of managers nor of machines have a line's end in them. */
function keyOf(manager: string, { machine, id }: Pick<KeptActorInfo, "machine" | "id">): string {
  return `${manager}\n${machine}\n${id}`;
}

function placeOf(cursor: string | undefined): [manager?: string, after?: { machine: string; id: string }] {
  if (cursor === undefined) return [];
  const [manager = "", machine = "", ...id] = cursor.split("\n");
  return [manager, { machine, id: id.join("\n") }];
}

function shown(manager: string, actor: KeptActorInfo): ActorInfo {
  const { machine, id, status, state, dueAt, lastError, createdAt, changedAt } = actor;
  const error = lastError === null ? null : shortText(lastError);
  return { manager, machine, id, status, state, dueAt, lastError: error, createdAt, changedAt };
}
