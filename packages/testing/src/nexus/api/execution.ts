import { Refusal } from "../device/refusal.ts";
import type { Output } from "../grammar/command.ts";
import type { Shell } from "../grammar/shell.ts";

/** What became of a command: what it said, or why it was refused. */
export type Executed = { readonly output: Output } | { readonly refused: string };

/**
 * Executes the commands of one request's command text, which ` ; ` separates; what is after a refused one is not executed. Where the
 * platform refuses by a success, the refusal is the output.
 */
export async function execute(shell: Shell, text: string, refusals: "error" | "success-with-text"): Promise<Executed> {
  let output: Output = { text: "" };
  for (const command of splitCommands(text)) {
    try {
      output = await shell.execute(command);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (refusals === "error" || !error.message.startsWith("ERROR")) return { refused: error.message };
      output = { text: `${error.message}\n` };
    }
  }
  return { output };
}

/** Words between ` ; `, as ins_api joins them; a shell's commands may have no spaces around it. */
export function splitCommands(text: string): string[] {
  return text
    .split(/ *; */)
    .map((command) => command.trim())
    .filter((command) => command !== "");
}
