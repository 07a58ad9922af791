import { nats } from "@reeve/nats";
import { postgres } from "@reeve/postgres";
import { type NatsServer, natsServer, type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll } from "vitest";
import type { RackOptions } from "./rack.ts";

/** How hosts reach each other and their database. */
export interface World {
  readonly name: string;
  /** What a rack of it is opened with: a database of its own each time. */
  readonly options: () => Promise<Pick<RackOptions, "store" | "transport">>;
}

/** Within this process, and over a real broker with a real PostgreSQL, which are started before the tests of the file. */
export function worlds(): readonly World[] {
  let server: PostgresServer | undefined;
  let broker: NatsServer | undefined;
  beforeAll(async () => {
    [server, broker] = await Promise.all([postgresServer(), natsServer()]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([server?.close(), broker?.close()]);
  });
  return [
    { name: "SQLite in one process", options: async () => ({}) },
    {
      name: "PostgreSQL and NATS",
      options: async () => {
        const url = await server!.createDatabase();
        return {
          store: () => postgres({ url }),
          transport: (host) => nats({ servers: broker!.url, caller: host }),
        };
      },
    },
  ];
}
