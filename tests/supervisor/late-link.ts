import type { Transport } from "@reeve/runtime";
import { faultTransport } from "@reeve/testing";

export interface LateLink {
  readonly transport: Transport;
  /** The broker is there: who lives where is decided now. */
  up(): void;
}

/** The transport of a process that starts without its broker, and serves by itself until that is there. */
export function lateLink(inner: Transport): LateLink {
  const link = faultTransport(inner, { print: () => {} });
  link.cut();
  const transport = new Proxy(link, {
    get(_, name) {
      // It does not wait for the link.
      if (name === "connect") return (signal?: AbortSignal) => inner.connect(signal);
      const value: unknown = Reflect.get(link, name);
      return typeof value === "function" ? value.bind(link) : value;
    },
  });
  return { transport, up: () => link.heal() };
}
