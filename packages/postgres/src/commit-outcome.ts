import type { Connection } from "./connection.ts";

export type Outcome = "committed" | "rolled-back" | "unknown";

/** Ends the session that has a transaction, wherever it hangs: only by its own transaction is it known for sure. */
const endSql = `select pg_catalog.pg_terminate_backend(pid)
  from pg_catalog.pg_stat_activity where backend_xid = ($1::text)::xid8::xid and pid <> pg_catalog.pg_backend_pid()`;
const statusSql =
  "select pg_catalog.pg_xact_status(($1::text)::xid8) as status, pg_catalog.pg_is_in_recovery() as standby";

const pollMs = 20;

export interface OutcomeQuestion {
  /** What the server called the transaction. */
  readonly id: string;
  /** Another session with the same server. */
  readonly ask: Connection;
  /** Whether there is time left. */
  readonly patient: () => boolean;
}

/**
 * What has become of a transaction whose COMMIT was said and not answered. While its session still has it, that is ended: a COMMIT
 * that has reached the server is carried out before, one that has not never will be.
 */
export async function outcomeOf({ id, ask, patient }: OutcomeQuestion): Promise<Outcome> {
  while (patient()) {
    const [asked] = await ask.run([{ text: statusSql, values: [id] }]);
    const { status, standby } = asked!.rows[0] as { readonly status: string | null; readonly standby: boolean };
    // Too long ago, or of a server that was set back: nothing is known.
    if (status === null || standby) return "unknown";
    if (status === "committed") return "committed";
    if (status === "aborted") return "rolled-back";
    await ask.run([{ text: endSql, values: [id] }]);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return "unknown";
}
