import type { ChainLink } from "../../../mailbox/chain.ts";
import type { RoutedCall } from "../../caller/routed-call.ts";
import { type CallMeta, maxChain, type WireLink } from "../../wire/call-meta.ts";
import { frameKind } from "../../wire/frame.ts";

/** A call as it travels. @param caller the token that it travels under */
export function callFrame(number: number, call: RoutedCall, caller: string): readonly unknown[] {
  const meta = metaOf(call, caller);
  const deadline = Math.ceil(call.deadlineAt);
  const { input } = call;
  return input === undefined
    ? [frameKind.call, number, deadline, meta]
    : [frameKind.call, number, deadline, meta, input];
}

/** Most calls from outside any manager have nothing to say beside their input: whose they are, the token says already. */
function metaOf(call: RoutedCall, caller: string): CallMeta | null {
  const { origin } = call.binding;
  const { principal } = origin;
  const { traceparent: trace } = call;
  const own = principal.user === caller && principal.tenant === undefined && principal.roles.length === 0;
  if (
    own &&
    call.idempotencyKey === undefined &&
    call.acknowledges === undefined &&
    origin.link === undefined &&
    origin.waits
  ) {
    const { requestId: request } = origin;
    if (trace !== undefined) return { ...(request === undefined ? {} : { request }), trace };
    return request === undefined ? null : { request };
  }
  const { user, tenant, roles } = principal;
  return {
    ...(call.idempotencyKey === undefined ? {} : { key: call.idempotencyKey }),
    ...(origin.requestId === undefined ? {} : { request: origin.requestId }),
    ...(trace === undefined ? {} : { trace }),
    ...(own ? {} : { principal: { user, ...(tenant === undefined ? {} : { tenant }), roles } }),
    ...(call.parent === undefined ? {} : { chain: chainOf(call.parent) }),
    ...(origin.waits ? {} : { waits: false as const }),
    ...(call.acknowledges === undefined ? {} : { acknowledges: call.acknowledges }),
  };
}

/** Links whose handler has ended hold nothing, so they are not told of. */
function chainOf(first: ChainLink): readonly WireLink[] {
  const chain: WireLink[] = [];
  for (let link: ChainLink | undefined = first; link && chain.length < maxChain; link = link.parent) {
    if (link.running) chain.push(link.lane === undefined ? [link.manager] : [link.manager, link.lane]);
  }
  return chain;
}
