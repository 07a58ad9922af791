import { randomBytes } from "node:crypto";
import type { InspectableRuntime, Inspector, InspectorPage } from "@reeve/runtime/inspection";
import { ChartCache } from "./chart/chart-cache.ts";
import { Endpoint } from "./endpoint.ts";
import { Fleet } from "./fleet.ts";
import { hostCalls } from "./host-calls.ts";
import { type CompiledOptions, compileOptions, type InspectorOptions } from "./options.ts";
import { PageFiles } from "./page-files.ts";
import { PageViewer } from "./page-viewer.ts";
import { StatelyViewer } from "./stately-viewer.ts";

/**
 * Shows a running control plane on a web page, and to the official tools of XState at `/inspect`. Listens on loopback, and
 * asks for a token.
 *
 * @throws ReeveError `INVALID_OPTION` naming the field and the value
 *
 * @example
 * ```ts
 * const supervisor = createSupervisor({ host: "hall-01", inspector: inspector({ port: 4680 }) });
 * ```
 */
export function inspector(options: InspectorOptions = {}): Inspector {
  const compiled = compileOptions(options, () => randomBytes(18).toString("base64url"));
  return { attach: (runtime) => attach(compiled, runtime) };
}

async function attach(options: CompiledOptions, runtime: InspectableRuntime): Promise<InspectorPage> {
  const { feed, clock, log } = runtime;
  const call = hostCalls(runtime.as);
  const fleet = new Fleet(runtime);
  const charts = new ChartCache();
  const wallNow = () => clock.wallNow();
  const endpoint = new Endpoint({
    options,
    files: new PageFiles(),
    onProblem: (err, what) => log?.warn({ err }, `inspector: ${what} failed`),
    viewers: {
      "/live": (socket, right) =>
        new PageViewer({
          socket,
          right,
          fleet,
          charts,
          instance: feed.instance,
          wallNow,
          call,
        }),
      "/inspect": (socket) => new StatelyViewer(socket, fleet, wallNow),
    },
  });
  const port = await endpoint.listen();
  let closing: Promise<void> | undefined;
  return {
    url: addressOf(options, port),
    close: () => {
      closing ??= endpoint.close();
      return closing;
    },
  };
}

/** The token is in the fragment: browsers send it to nobody, and no log shows it. */
function addressOf({ hostname, token, viewToken }: CompiledOptions, port: number): string {
  const name = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}/#token=${token ?? viewToken}`;
}
