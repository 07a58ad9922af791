import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import type { ThreadTransport } from "./thread-transport.ts";
import type { Transport } from "./transport.ts";

/** What {@link ThreadTransport.module} exports. */
export interface ThreadTransportModule {
  /** Makes a transport; nothing is dialled before its `connect()`. */
  openTransport(data: unknown): Transport;
}

/**
 * Makes the transport, in the thread.
 *
 * @throws TypeError when the module has no `openTransport`; what the module throws while it is loaded, and what `openTransport` throws
 */
export async function openThreadTransport({ module, data }: ThreadTransport): Promise<Transport> {
  const loaded: Partial<ThreadTransportModule> = isUrl(module) ? await import(module) : evaluate(module);
  if (typeof loaded.openTransport !== "function") {
    const named = isUrl(module) ? module : "the text of the module";
    throw new TypeError(`forThread: expected ${named} to export openTransport(data)`);
  }
  return loaded.openTransport(data);
}

function isUrl(module: string): boolean {
  return /^(?:file|data|node):/.test(module);
}

/** All that it imports is in the text, but for Node's own modules. */
function evaluate(text: string): Partial<ThreadTransportModule> {
  const module: { exports: Partial<ThreadTransportModule> } = { exports: {} };
  const run = compileFunction(text, ["module", "exports", "require"], { filename: "thread-transport.cjs" });
  run(module, module.exports, createRequire(process.execPath));
  return module.exports;
}
