import type { Page } from "@reeve/contract";
import type { OperationContext } from "../../rpc/callee/context.ts";
import type { CastChange, CastFilter, CastsPort } from "./casts-port.ts";
import { pageOf } from "./page-of.ts";
import type { CastInfo, CastState } from "./schemas.ts";
import { shortText } from "./short-text.ts";

type Ctx = OperationContext<any>;

/** Does something and notes it in the audit. */
type Act = <R>(
  ctx: Ctx,
  operation: string,
  manager: string | undefined,
  run: () => Promise<R>,
  detail: string,
) => Promise<R>;

interface Named {
  readonly id: string;
  readonly reason: string;
}

/** What the `host` contract offers for durable casts. @param castsOf gives undefined where the host keeps none */
export function castVerbs(castsOf: () => CastsPort | undefined, act: Act) {
  const change = (
    operation: string,
    { id, reason }: Named,
    ctx: Ctx,
    run: (port: CastsPort) => Promise<CastChange>,
    refusal: (state: CastState) => never,
  ) =>
    act(
      ctx,
      operation,
      undefined,
      async () => {
        const casts = castsOf();
        const changed = casts ? await run(casts) : { refused: undefined };
        if ("cast" in changed) return shown(changed.cast);
        return changed.refused === undefined ? ctx.fail("NO_SUCH_CAST", { id }) : refusal(changed.refused);
      },
      `cast ${id}: ${reason}`,
    );
  return {
    async casts({
      filter,
      limit,
      cursor,
    }: {
      readonly filter?: CastFilter | undefined;
      readonly limit: number;
      readonly cursor?: string | undefined;
    }): Promise<Page<CastInfo>> {
      const found = (await castsOf()?.listCasts(filter ?? {}, { after: cursor, limit: limit + 1 })) ?? [];
      return pageOf(
        found.map((cast) => ({ key: cast.id, item: shown(cast) })),
        limit,
        cursor,
      );
    },
    replayCast: (named: Named, ctx: Ctx) =>
      change(
        "replayCast",
        named,
        ctx,
        (port) => port.replay(named.id),
        (state) => ctx.fail("CAST_NOT_DEAD", { id: named.id, state }),
      ),
    dropCast: (named: Named, ctx: Ctx) =>
      change(
        "dropCast",
        named,
        ctx,
        (port) => port.drop(named.id),
        (state) => ctx.fail("CAST_UNDER_WAY", { id: named.id, state }),
      ),
  };
}

function shown({ lastError, ...cast }: CastInfo): CastInfo {
  return { ...cast, lastError: lastError === null ? null : shortText(lastError) };
}
