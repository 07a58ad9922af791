import { DBOS } from "@dbos-inc/dbos-sdk";
import { Pool } from "pg";
import type { Create } from "./load.ts";

/** As DBOS has it by default. More are slower here: with 64, two cores make a third less. */
const connections = 10;

/**
 * The same row, written by the one step of a workflow through a pool of `pg`. Of what its documentation offers for a step the
 * fastest: a transaction of a data source keeps a record of its own beside that of the step.
 */
export async function dbos(url: string): Promise<Create> {
  const application = new Pool({ connectionString: url, max: connections });
  await application.query(
    "create table volumes (id text primary key, status text not null, size integer not null, created_at timestamptz not null)",
  );
  const insert = {
    name: "insert",
    text: "insert into volumes (id, status, size, created_at) values ($1, 'available', $2, $3)",
  };
  const step = DBOS.registerStep(
    async (id: string, sizeGiB: number) => {
      await application.query({ ...insert, values: [id, sizeGiB, new Date()] });
    },
    { name: "insertVolume" },
  );
  const workflow = DBOS.registerWorkflow(
    async (id: string, sizeGiB: number) => {
      await step(id, sizeGiB);
      return id;
    },
    { name: "createVolume" },
  );
  DBOS.setConfig({
    name: "bench",
    systemDatabaseUrl: url,
    systemDatabasePoolSize: connections,
    logLevel: "error",
  });
  await DBOS.launch();
  return async (id) => void (await workflow(id, 10));
}
