/** A command that the switch refuses, with its own words. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** What a mistyped or unknown command gets. */
export const invalidCommand = "% Invalid command";
