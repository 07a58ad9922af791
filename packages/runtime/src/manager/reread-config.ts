import type { Config } from "../config/index.ts";
import type { Logger } from "../telemetry/index.ts";

/**
 * Reads a configuration again. Resolves with why it was refused, or undefined: that is told to whoever asked for the
 * reset, and is no reason to place no work here.
 *
 * @throws the signal's reason
 */
export async function rereadConfig(config: Config<unknown>, signal: AbortSignal, log: Logger): Promise<unknown> {
  let refused: unknown;
  try {
    await config.reload();
  } catch (error) {
    refused = error;
  }
  signal.throwIfAborted();
  if (refused !== undefined)
    log.error({ err: refused }, "the configuration was refused; the one before stays in force");
  return refused;
}
