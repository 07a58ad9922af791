import { readdir, rename, rm, rmdir } from "node:fs/promises";
import { DriverError } from "@reeve/driver-sdk";
import { errnoOf, fileError } from "./file-error.ts";
import { type MemberEntry, membersName, parseMemberEntry } from "./member-name.ts";
import { type Finishing, finishExtension } from "./pending-extension.ts";
import type { Root } from "./root.ts";

/** A system call that had found the directory when it was renamed may put one more file there; each of them only once. */
const atMostRounds = 100;

export async function listMembers(root: Root): Promise<MemberEntry[]> {
  const names = await readdir(root.file(membersName));
  return names.flatMap((name) => parseMemberEntry(name) ?? []);
}

/** By address, the lowest epoch that is served. */
export function servedFrom(entries: readonly MemberEntry[]): Map<string, number> {
  const served = new Map<string, number>();
  for (const { kind, address, epoch } of entries)
    if (kind === "fence") served.set(address, Math.max(epoch, served.get(address) ?? 0));
  return served;
}

/** Ends every session that was fenced; also those whose fence came to no end because its process died. */
export async function dissolveFenced(root: Root, finishing: Finishing): Promise<void> {
  for (;;) {
    finishing.signal.throwIfAborted();
    const entries = await listMembers(root);
    const served = servedFrom(entries);
    const over = entries.filter(({ kind, address, epoch }) => kind !== "fence" && epoch < (served.get(address) ?? 0));
    // Listed anew after each round: another process may be at the same, and have renamed one that this one did not find.
    if (over.length === 0) return;
    for (const { name } of over) await dissolve(root, name, finishing);
  }
}

/**
 * Ends one session. Its directory gets another name, so that no system call that begins from now on finds it. It is emptied:
 * what has no other name cannot be published any more, also by a call that had found it. It is removed: from then on nothing
 * can be moved into it, also by a call that had found it.
 */
export async function dissolve(root: Root, name: string, finishing: Finishing): Promise<void> {
  const aside = name.endsWith(".fenced") ? name : `${name}.fenced`;
  const directory = root.file(membersName, aside);
  try {
    if (aside !== name) await rename(root.file(membersName, name), directory);
    for (let round = 0; round < atMostRounds; round++) {
      for (const file of await readdir(directory)) {
        const path = root.file(membersName, aside, file);
        await finishExtension(path, finishing);
        await rm(path, { force: true });
      }
      if (await removed(directory)) return;
    }
  } catch (error) {
    // Somebody else has done it.
    if (errnoOf(error) === "ENOENT") return;
    throw fileError(`${membersName}/${name}`, error);
  }
  throw new DriverError("UNAVAILABLE", `${membersName}/${aside}: something keeps putting files there`);
}

async function removed(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOTEMPTY" || errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}
