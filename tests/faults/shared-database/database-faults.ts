import pg from "pg";
import type { CommitProxy } from "../../postgres/commit-proxy.test-kit.ts";
import type { Estate } from "./estate.ts";

/** Something that befalls the database while callers go on. It resolves when it is over. */
export interface DatabaseFault {
  readonly name: string;
  strike(estate: Estate, proxy: CommitProxy, lastsMs: number): Promise<void>;
}

const lasts = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const databaseFaults: readonly DatabaseFault[] = [
  {
    name: "PostgreSQL killed in the middle of transactions",
    async strike({ server }) {
      await server.kill();
      await server.start();
    },
  },
  {
    name: "PostgreSQL killed and away",
    async strike({ server }, _, lastsMs) {
      await server.kill();
      await lasts(lastsMs);
      await server.start();
    },
  },
  {
    name: "PostgreSQL paused for longer than the time-outs",
    async strike({ server }, _, lastsMs) {
      await server.pause();
      await lasts(lastsMs);
      server.resume();
    },
  },
  {
    name: "connections cut exactly at COMMIT",
    async strike(_, proxy) {
      for (let cut = 0; cut < 12; cut++) {
        const { promise, resolve } = Promise.withResolvers<void>();
        proxy.cutNext(cut % 2 === 0 ? "after-commit" : "before-commit", resolve);
        await Promise.race([promise, lasts(5_000)]);
      }
    },
  },
  {
    name: "PostgreSQL out of connections",
    async strike({ server, url }, _, lastsMs) {
      const others: pg.Client[] = [];
      const endsAt = performance.now() + lastsMs;
      const text = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reeve'";
      try {
        await server.query(text, [], url);
        // Whatever becomes free is taken at once.
        while (performance.now() < endsAt) {
          const client = new pg.Client(url);
          client.on("error", () => {});
          await client.connect().then(
            () => others.push(client),
            () => lasts(5),
          );
        }
      } finally {
        await Promise.all(others.map((client) => client.end()));
      }
    },
  },
  {
    name: "broker and PostgreSQL away at once",
    async strike({ server, broker }, _, lastsMs) {
      await Promise.all([broker.kill(), server.kill()]);
      await lasts(lastsMs);
      await Promise.all([broker.restart(), server.start()]);
    },
  },
];
