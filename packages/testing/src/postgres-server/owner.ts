import { cp, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { command } from "../programs/command.ts";
import type { PostgresBinaries } from "./binaries.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to be run by root: there it runs as `nobody`, whom every system has. Undefined: as the user of this process. */
export async function serverOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(["-u", "-g"].map((what) => command("id", [what, "nobody"], 5_000)));
  return { uid: Number(uid), gid: Number(gid) };
}

/** The programs where that user can run them: copied when a folder above them lets no others in, as root's home does not. */
export async function reachable(binaries: PostgresBinaries, owner: Owner | undefined, directory: string) {
  if (!owner || (await openToAll(dirname(binaries.postgres)))) return binaries;
  const native = join(directory, "native");
  await cp(dirname(dirname(binaries.postgres)), native, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

async function openToAll(folder: string): Promise<boolean> {
  const passable = ((await stat(folder)).mode & 0o001) !== 0;
  return passable && (folder === dirname(folder) || openToAll(dirname(folder)));
}
