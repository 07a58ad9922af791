import { type LifecycleStatus, unborn } from "../lifecycle/status.ts";
import type { Endpoint } from "../rpc/remote/server/endpoint.ts";
import type { ServedEndpoint, ServedManager } from "../service-protocol/index.ts";

/** One incarnation as `nats micro` lists it: its operations are the endpoints, and the calls of other processes their requests. */
export class ListedManager implements ServedManager {
  readonly name: string;
  readonly version: string;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly epoch: number;
  readonly startedAt: number;
  status: LifecycleStatus = unborn;
  readonly #endpoint: Endpoint;
  readonly #load: () => { readonly inFlight: number; readonly queued: number };

  constructor(
    endpoint: Endpoint,
    load: () => { readonly inFlight: number; readonly queued: number },
    startedAt: number,
  ) {
    const { contract, address, cluster, epoch } = endpoint.manager;
    this.name = contract.name;
    this.version = contract.version;
    this.address = address;
    this.cluster = cluster;
    this.epoch = epoch;
    this.startedAt = startedAt;
    this.#endpoint = endpoint;
    this.#load = load;
  }

  endpoints(): readonly ServedEndpoint[] {
    return this.#endpoint.offered().map(({ name, route, subject, queueGroup = "", tally }) => {
      const { requests, errors, lastError, processingMs } = tally;
      return { name, subject, queueGroup, metadata: { route }, requests, errors, lastError, processingMs };
    });
  }

  state(): unknown {
    const { inFlight, queued } = this.#load();
    const { state, phase, causes } = this.status;
    return { state, phase, causes: causes.map(({ reason }) => reason), inFlight, queued };
  }
}
