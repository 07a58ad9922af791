import { ReeveError } from "@reeve/contract";
import type { Logger } from "../telemetry/index.ts";
import type { Denial } from "../transport/denials.ts";
import type { Transport } from "../transport/transport.ts";

interface OpenBrokerOptions {
  readonly transport: Pick<Transport, "connect" | "permits">;
  readonly namespace: string;
  readonly log: Logger;
  /** Ends the wait for a link. */
  readonly signal: AbortSignal;
}

/** Named so that who reads of it in the broker's log knows what it was. Nobody may go by it. */
const somebodyElse = "somebody-else";

/**
 * What a broker with permissions refuses everybody: to call under another's name, and to hear another's answers. Nobody
 * serves that contract, and nothing is ever answered there.
 */
export function whatIsForbidden(namespace: string): readonly Denial[] {
  return [
    { right: "publish", subject: `${namespace}.call.permissions.v0.try.any.${somebodyElse}` },
    { right: "subscribe", subject: `_INBOX.${somebodyElse}.permissions.>` },
  ];
}

/**
 * Says once, at warn, when the broker does not keep processes apart: found out by trying, once there is a link, what must be
 * refused. A link that breaks meanwhile is waited for again. Resolves when it is known. Never rejects.
 */
export async function tellOfOpenBroker({ transport, namespace, log, signal }: OpenBrokerOptions): Promise<void> {
  const permitted = await permittedOf(transport, whatIsForbidden(namespace), signal).catch(() => []);
  if (permitted.length === 0) return;
  const what = permitted.map(({ right, subject }) => `to ${right} ${subject}`).join(" and ");
  log.warn(
    { permitted },
    `the broker does not keep processes apart: it permits this one ${what}, so that every client of it can act as any other; load what permissions() prints, as docs/security.md has it, or say openBroker: true where that is meant`,
  );
}

/** @throws ReeveError when the signal aborts or the transport closes */
async function permittedOf(
  transport: OpenBrokerOptions["transport"],
  rights: readonly Denial[],
  signal: AbortSignal,
): Promise<readonly Denial[]> {
  for (;;) {
    await transport.connect(signal);
    try {
      const answers = await Promise.all(rights.map((right) => transport.permits?.(right) ?? false));
      return rights.filter((_, i) => answers[i]);
    } catch (error) {
      if (!(error instanceof ReeveError) || (error.reason !== "LINK_LOST" && error.reason !== "DEADLINE_EXCEEDED"))
        throw error;
    }
  }
}
