import type { ConfigLine, Stanza } from "../deciding/commands.ts";
import type { NxApi, RunOptions } from "../nxapi/nx-api.ts";
import { RequestFailure } from "../nxapi/request-failure.ts";
import type { CommandAnswer } from "../nxapi/rpc.ts";

/** What became of some stanzas, as far as the answers tell; what the switch is like is read afterwards. */
export interface Configured {
  /** What the switch said when it refused a line, by the wishes that needed that line. */
  readonly refusals: ReadonlyMap<number, string>;
  /** Wishes with a line that was not run, because one before it was refused. */
  readonly unreached: ReadonlySet<number>;
  /** The request that brought no answers; nothing was sent after it. */
  readonly failure: RequestFailure | undefined;
}

/** A command takes a switch 50 to 100 ms: so many stay well within a minute, and their text within 32 kB. */
const mostCommands = 400;

/** Words of a refusal in the answer to a command that is told as done; some platforms do that with VLANs. */
const refusalWords = /^\s*(%|error\b|invalid\b|vlan:)|\b(not allowed|cannot|can't|failed)\b/im;

/**
 * Sends configuration, in as few requests as there can be, one after the other; stops at the first line that is refused.
 *
 * @param signal ends the waiting for an answer; the switch may go on
 */
export async function configure(api: NxApi, stanzas: readonly Stanza[], options: RunOptions): Promise<Configured> {
  const refusals = new Map<number, string>();
  const unreached = new Set<number>();
  let failure: RequestFailure | undefined;
  for (const lines of requestsOf(stanzas)) {
    if (failure || refusals.size > 0) {
      for (const wish of lines.flatMap(({ wishes }) => wishes)) unreached.add(wish);
      continue;
    }
    const commands = lines.map(({ command }) => ({ method: "cli", cmd: command }) as const);
    try {
      note(lines, await api.run(commands, options));
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      failure = error;
    }
  }
  return { refusals, unreached, failure };

  function note(lines: readonly ConfigLine[], answers: readonly CommandAnswer[]): void {
    const stopped = answers.findIndex(({ kind }) => kind !== "done");
    for (const [index, { wishes }] of lines.entries()) {
      const answer = answers[index]!;
      const refused = answer.kind === "refused" || (answer.kind === "done" && refusalWords.test(answer.text));
      for (const wish of wishes) {
        // Some platforms answer by an error for each line that they left out after the first.
        if (stopped >= 0 && index > stopped) unreached.add(wish);
        else if (refused && !refusals.has(wish)) refusals.set(wish, answer.text);
      }
    }
  }
}

/** Each request begins at the top: what mode an earlier one has left the session in is not known. */
function requestsOf(stanzas: readonly Stanza[]): ConfigLine[][] {
  const requests: ConfigLine[][] = [];
  for (const { head, lines } of stanzas) {
    const open = requests.at(-1);
    if (open && open.length + 1 + lines.length <= mostCommands) open.push(head, ...lines);
    else requests.push([enter(), head, ...lines]);
  }
  return requests.map((lines) => {
    const everybody = [...new Set(lines.flatMap(({ wishes }) => wishes))];
    return lines.map((line) => (line.command === enterCommand ? { ...line, wishes: everybody } : line));
  });
}

const enterCommand = "configure terminal";

function enter(): ConfigLine {
  return { command: enterCommand, wishes: [] };
}
