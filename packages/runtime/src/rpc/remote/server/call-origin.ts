import type { ReeveError } from "@reeve/contract";
import type { ChainLink } from "../../../mailbox/chain.ts";
import type { Binding, RoutedCall } from "../../caller/routed-call.ts";
import { noTargets } from "../../caller/target-list.ts";
import { isCastDelivery } from "../../cast-key.ts";
import type { Principal } from "../../principal.ts";
import type { CallMeta, WireLink } from "../../wire/call-meta.ts";
import { malformed } from "../../wire/msgpack.ts";
import type { Endpoint, Entry } from "./endpoint.ts";
import type { TrustedForwarders } from "./trusted-forwarders.ts";

/** What the origin of a remote call needs of the process that it came to. */
export interface OriginPort {
  /** Who may speak for somebody else. */
  readonly trustedForwarders: TrustedForwarders;
  /**
   * The call that runs in a manager of this process under that request and holds that lane; `foreign` when the manager is
   * none of this process.
   */
  runningHere(key: string, request: string | undefined, lane: string | undefined): ChainLink | "foreign" | undefined;
}

/**
 * Where a remote call comes from, as far as it is believed.
 *
 * @throws ReeveError `NOT_PERMITTED` when its caller may not call on whose behalf it does
 */
export function bindingOf(
  meta: CallMeta,
  { manager }: Endpoint,
  { caller, operation }: Entry,
  own: Principal,
  port: OriginPort,
  input: unknown,
): Binding {
  const { principal, request, trace, waits, chain } = meta;
  const believed = () => {
    try {
      return port.trustedForwarders.believed(principal, caller, own, operation, manager);
    } catch (thrown) {
      const error = thrown as ReeveError;
      const refusal = {
        operation,
        input,
        peer: caller,
        remote: true,
        principal: principal!,
        requestId: request,
        error,
      };
      manager.refused?.(refusal);
      throw error;
    }
  };
  return {
    targets: noTargets,
    address: undefined,
    origin: {
      peer: caller,
      remote: true,
      principal: believed(),
      requestId: request,
      traceparent: trace,
      deadlineAt: Number.POSITIVE_INFINITY,
      link: chain && linkOf(chain, request, port),
      waits: waits ?? true,
    },
  };
}

/**
 * What a call's metadata says of its key and of those that its caller keeps no more.
 *
 * @throws ReeveError `MALFORMED_FRAME` where it acknowledges casts and is not the delivery of one: nobody would look at them
 */
export function keyed(call: Pick<RoutedCall, "idempotencyKey" | "acknowledges" | "operation">, meta: CallMeta): void {
  const { key, acknowledges } = meta;
  call.idempotencyKey = key;
  if (acknowledges === undefined) return;
  if (!isCastDelivery(call))
    throw malformed(`meta.acknowledges: expected with the delivery of a durable cast, got with ${call.operation.name}`);
  call.acknowledges = acknowledges;
}

/**
 * The chain as the mailboxes here see it. A call that comes back to a manager of its own chain passes its limits, so what
 * is said of managers of this process is believed only where a call of the same request does run there now.
 */
function linkOf(chain: readonly WireLink[], request: string | undefined, port: OriginPort): ChainLink | undefined {
  const [nearest, ...outer] = chain;
  if (nearest === undefined) return undefined;
  const [manager, lane] = nearest;
  const here = port.runningHere(manager, request, lane);
  // Its own chain is known here at first hand.
  if (here !== undefined && here !== "foreign") return here;
  const parent = linkOf(outer, request, port);
  return here === "foreign" ? { manager, lane, parent, running: true } : parent;
}
