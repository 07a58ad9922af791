import { type Command, textOf } from "./command/command.ts";
import { commandError, mayPass } from "./command/command-failure.ts";
import { cancelled, type Device } from "./device.ts";
import type { NeedsVlans } from "./host/host-reader.ts";
import type { HostView } from "./host/host-view.ts";
import type { NamespaceState } from "./host/namespace-view.ts";

/** What a call wants: decided from what the host has and nothing else. */
export interface Wish {
  /** The namespace that the decision looks into. */
  readonly namespace?: string | undefined;
  /** Default: it does. */
  readonly needsVlans?: NeedsVlans;
  readonly decide: (view: HostView, inside: NamespaceState | undefined) => readonly Command[];
}

/** Others may change the host between a reading and a command, but not for ever. */
const mostTries = 4;
/** For reading back what a cancelled call did, so that it can be told. */
const readBackMs = 3000;

/**
 * Reads, and tells what would make it so.
 *
 * @throws DriverError as `converge` does
 */
export async function foresee(device: Device, wish: Wish, signal: AbortSignal): Promise<readonly Command[]> {
  try {
    return await decide(device, wish, signal);
  } catch (error) {
    throw signal.aborted ? cancelled(signal, []) : commandError(error, []);
  }
}

async function decide(
  device: Device,
  { namespace, needsVlans, decide }: Wish,
  signal: AbortSignal,
): Promise<readonly Command[]> {
  const view = await device.reader.host(signal, needsVlans);
  const exists = namespace !== undefined && view.namespaces.has(namespace);
  const inside =
    namespace === undefined ? undefined : exists ? await device.reader.namespace(namespace, signal) : "absent";
  return decide(view, inside);
}

/**
 * Reads, decides and sends, again when the host changed meanwhile.
 *
 * @throws DriverError whose `data.applied` are the commands that took effect
 */
export async function converge(device: Device, wish: Wish, signal: AbortSignal): Promise<void> {
  const applied: string[] = [];
  let sent: readonly Command[] = [];
  for (let tries = 1; ; tries += 1) {
    if (signal.aborted) throw cancelled(signal, applied);
    const before = applied.length;
    try {
      sent = [];
      sent = await decide(device, wish, signal);
      return await device.sender.send(sent, signal, (text) => applied.push(text));
    } catch (error) {
      if (signal.aborted) {
        // The command that was killed may have taken effect.
        const known = applied.slice(before);
        throw cancelled(signal, [...applied.slice(0, before), ...(await readBack(device, wish, sent, known))]);
      }
      if (!mayPass(error) || tries === mostTries) throw commandError(error, applied);
    }
  }
}

/** Which of the commands that were sent took effect: those that would not be sent again. */
async function readBack(
  device: Device,
  wish: Wish,
  sent: readonly Command[],
  known: readonly string[],
): Promise<readonly string[]> {
  if (sent.length === known.length) return known;
  try {
    const missing = new Set((await decide(device, wish, AbortSignal.timeout(readBackMs))).map(textOf));
    return sent.map(textOf).filter((text) => known.includes(text) || !missing.has(text));
  } catch {
    return known;
  }
}
