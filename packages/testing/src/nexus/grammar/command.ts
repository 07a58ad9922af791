import type { NexusCommandKind } from "../audit.ts";
import type { Device } from "../device/device.ts";
import type { ShowBody } from "../shows/rows.ts";

/** Where a command is given. */
export type Mode =
  | { readonly kind: "exec" }
  | { readonly kind: "config" }
  | { readonly kind: "vlan"; readonly vlans: readonly number[] }
  | { readonly kind: "interface"; readonly interfaces: readonly string[] };

/** What a command says: text for people, and where it has one, the structured body. */
export interface Output {
  readonly text: string;
  readonly body?: ShowBody | undefined;
}

/** What a command sees and may change. */
export interface CommandContext {
  readonly device: Device;
  /** The mode that the next command is given in. */
  mode: Mode;
}

export interface Command {
  /** Where it exists; those of `exec` exist everywhere, those of `config` in every mode of configuration. */
  readonly in: Mode["kind"];
  readonly kind: NexusCommandKind;
  /** Keywords, which may be shortened, and `<name>` for a word, `<name...>` for the rest of the line. */
  readonly pattern: string;
  /** @throws Refusal */
  readonly run: (context: CommandContext, words: Words) => Said | Promise<Said>;
}

/** A command that only acts says nothing. */
export type Said = Output | string | void;

/** What was given for the names of a pattern. */
export type Words = Readonly<Record<string, string>>;

/** Makes the commands of one mode and kind out of pairs. */
export function commands(
  mode: Mode["kind"],
  kind: NexusCommandKind,
  table: Readonly<Record<string, Command["run"]>>,
): Command[] {
  return Object.entries(table).map(([pattern, run]) => ({ in: mode, kind, pattern, run }));
}
