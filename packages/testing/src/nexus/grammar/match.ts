import { invalidCommand, Refusal } from "../device/refusal.ts";
import type { Command, Mode, Words } from "./command.ts";

/** A command and what was given for its names. */
export interface Matched {
  readonly command: Command;
  readonly words: Words;
}

/**
 * The command of a table that a line means in a mode. Keywords may be shortened as long as one command is meant: those of the mode
 * itself come before those of configuration, and these before those that exist everywhere.
 *
 * @throws Refusal when none or several are meant
 */
export function matchCommand(table: readonly Command[], mode: Mode["kind"], line: string): Matched {
  const modes: readonly Mode["kind"][] =
    mode === "vlan" || mode === "interface" ? [mode, "config", "exec"] : ["exec", "config"];
  for (const where of modes) {
    const found = table
      .filter((command) => command.in === where)
      .flatMap((command) => {
        const matched = matchPattern(command.pattern.split(" "), line);
        return matched ? [{ command, ...matched }] : [];
      })
      .sort((one, other) => other.exact - one.exact);
    const [best, next] = found;
    if (best && next && best.exact === next.exact) throw new Refusal("% Ambiguous command");
    if (best) return best;
  }
  throw new Refusal(invalidCommand);
}

/** How many keywords were given in full decides between two that match. */
function matchPattern(pattern: readonly string[], line: string): { words: Words; exact: number } | undefined {
  const words: Record<string, string> = {};
  let rest = line;
  let exact = 0;
  for (const part of pattern) {
    const name = /^<([a-z]+)(\.\.\.)?>$/.exec(part);
    const token = name?.[2] ? rest : (takeInterface(name?.[1], rest) ?? rest.split(" ", 1)[0] ?? "");
    if (token === "") return;
    if (name?.[1]) words[name[1]] = token;
    else if (!part.startsWith(token.toLowerCase())) return;
    else exact += part.length === token.length ? 1 : 0;
    rest = rest.slice(token.length).trimStart();
  }
  return rest === "" ? { words, exact } : undefined;
}

/** `ethernet 1/1` is one word. */
function takeInterface(name: string | undefined, rest: string): string | undefined {
  if (name !== "interface") return;
  return /^[a-z-]+ *\d[\d/]*(?= |$)/i.exec(rest)?.[0] ?? "";
}
