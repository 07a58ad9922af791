import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Owner } from "./owner.ts";

const timeoutMs = 60_000;

export interface Superuser {
  readonly user: string;
  readonly password: string;
}

/** Makes the data of an empty server, with one superuser. */
export async function initialise(initdb: string, data: string, superuser: Superuser, owner: Owner | undefined) {
  const passwordFile = `${data}.password`;
  await writeFile(passwordFile, superuser.password, { mode: 0o644 });
  try {
    const args = [`--pgdata=${data}`, `--username=${superuser.user}`, `--pwfile=${passwordFile}`];
    const fixed = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"];
    await promisify(execFile)(initdb, [...args, ...fixed], { ...owner, timeout: timeoutMs, killSignal: "SIGKILL" });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new Error(`PostgreSQL could not make its data in ${data}: ${stderr?.trim() || String(cause)}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
}
