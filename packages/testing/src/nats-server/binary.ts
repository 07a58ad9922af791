import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheDirectory, fillOnce } from "../programs/cache.ts";
import { command } from "../programs/command.ts";
import { fetchDebianPackage } from "./debian-package.ts";
import { fetchOfficialRelease } from "./official-release.ts";

const oldest = { major: 2, minor: 9 };

/**
 * Finds a nats-server, 2.9 or later: the one that `NATS_SERVER` names, else on the `PATH`, else in the cache, which is filled from the
 * official release or, where that cannot be reached, from Debian's package. Concurrent callers, also of other processes, fill it once.
 *
 * @throws Error saying what was tried and what to install
 *
 * @example
 * ```ts
 * const path = await natsServerBinary();
 * ```
 */
export async function natsServerBinary(): Promise<string> {
  const named = process.env.NATS_SERVER;
  if (named) {
    const problem = await unusable(named);
    if (problem) throw new Error(`NATS_SERVER: ${JSON.stringify(named)} ${problem}`);
    return named;
  }
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "nats-server"));
  for (const file of onPath) {
    if (existsSync(file) && !(await unusable(file))) return file;
  }
  return cached(cacheDirectory(), [fetchOfficialRelease, fetchDebianPackage]);
}

/** The cache's binary, obtained in the first of these ways that works. */
export async function cached(
  directory: string,
  ways: readonly ((directory: string) => Promise<void>)[],
): Promise<string> {
  const home = join(directory, "nats-server", `${process.platform}-${process.arch}`);
  const file = join(home, "nats-server");
  await fillOnce(home, async (scratch) => {
    const failures: unknown[] = [];
    for (const way of ways) {
      try {
        await way(scratch);
        const problem = await unusable(join(scratch, "nats-server"));
        if (!problem) return;
        throw new Error(`what it gave ${problem}`);
      } catch (cause) {
        failures.push(cause);
      }
    }
    throw new AggregateError(
      failures,
      `There is no nats-server 2.9 or later: not by NATS_SERVER, not on the PATH, and none could be fetched (${failures
        .map((failure) => (failure instanceof Error ? failure.message : String(failure)))
        .join(
          "; ",
        )}). Install one ("apt-get install nats-server", "brew install nats-server" or https://docs.nats.io/running-a-nats-service/introduction/installation), or name one in NATS_SERVER.`,
    );
  });
  return file;
}

/** Why a file cannot be used as nats-server; undefined when it can. */
async function unusable(file: string): Promise<string | undefined> {
  try {
    const text = await command(file, ["--version"], 10_000);
    const [, major, minor] = /v?(\d+)\.(\d+)\.\d+/.exec(text) ?? [];
    const recent = Number(major) > oldest.major || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
    return recent ? undefined : `is too old or no nats-server (${text.trim()}); 2.9 or later is needed`;
  } catch (cause) {
    return `does not run: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
