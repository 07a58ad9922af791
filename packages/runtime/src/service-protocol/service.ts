import { reeveError } from "@reeve/contract";
import { parseVersion } from "@reeve/contract/internal";
import { shown } from "../config/index.ts";
import type { ServedEndpoint, ServedManager } from "./served-manager.ts";

export const verbs = ["PING", "INFO", "STATS"] as const;
export type Verb = (typeof verbs)[number];

const namePattern = /^[A-Za-z0-9_-]+$/;

/** What one incarnation answers (https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md). */
export class Service {
  readonly name: string;
  readonly id: string;
  readonly #manager: ServedManager;
  /** Told alike in every answer, and the same for the life of the service. */
  readonly #identity: object;

  /** @throws ReeveError `INVALID_OPTION` naming what the protocol does not allow */
  constructor(manager: ServedManager, id: string) {
    const { name, version, address, cluster, epoch } = manager;
    if (!namePattern.test(name)) {
      throw reeveError("INVALID_OPTION", `service: name: expected letters, digits, - or _, got ${shown(name)}`);
    }
    const { major, minor } = parseVersion("service: version", version);
    this.name = name;
    this.id = id;
    this.#manager = manager;
    const metadata = { address, ...(cluster === undefined ? {} : { cluster }), epoch: String(epoch) };
    this.#identity = { name, id, version: `${major}.${minor}.0`, metadata };
  }

  answer(verb: Verb): object {
    switch (verb) {
      case "PING":
        return { type: "io.nats.micro.v1.ping_response", ...this.#identity };
      case "INFO":
        return this.#info();
      case "STATS":
        return this.#stats();
    }
  }

  #info(): object {
    const { name, address, description = `${name} manager at ${address}` } = this.#manager;
    const endpoints = this.#manager
      .endpoints()
      .map(({ metadata = {}, ...endpoint }) => ({ ...placeOf(endpoint), metadata }));
    return { type: "io.nats.micro.v1.info_response", ...this.#identity, description, endpoints };
  }

  #stats(): object {
    const data = this.#manager.state();
    return {
      type: "io.nats.micro.v1.stats_response",
      ...this.#identity,
      started: new Date(this.#manager.startedAt).toISOString(),
      endpoints: this.#manager.endpoints().map((endpoint) => ({ ...statsOf(endpoint), data })),
    };
  }
}

function placeOf({ name, subject, queueGroup }: Pick<ServedEndpoint, "name" | "subject" | "queueGroup">): object {
  return { name, subject, queue_group: queueGroup };
}

function statsOf({ requests, errors, lastError, processingMs, ...endpoint }: ServedEndpoint): object {
  const nanoseconds = Math.round(processingMs * 1e6);
  return {
    ...placeOf(endpoint),
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: nanoseconds,
    average_processing_time: requests === 0 ? 0 : Math.floor(nanoseconds / requests),
  };
}
