import type { ReeveError } from "@reeve/contract";
import { type Config, refusalOf } from "../config/index.ts";

/**
 * Reads a configuration again. Resolves with why it was refused, or undefined: that is told to whoever asked for the
 * reset and stands as a cause, and is no reason to place no work here.
 *
 * @throws the signal's reason
 */
export async function rereadConfig(config: Config<unknown>, signal: AbortSignal): Promise<ReeveError | undefined> {
  let refused: ReeveError | undefined;
  try {
    await config.reload();
  } catch (error) {
    refused = refusalOf("config", error);
  }
  signal.throwIfAborted();
  return refused;
}
