import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Answers of real switches lie beside the repository where it is developed and in CI; they are not part of it. */
const folder = resolve(import.meta.dirname, "../../../shared/reference/recorded/nexus");

export const recordingsAreHere = existsSync(folder);

/** Told with each test, so that a run without them says so. */
export const why = recordingsAreHere ? "" : ` (skipped: ${folder} is not here)`;

/** The recording whose name begins with this number, as text. */
export function recorded(number: string): string {
  const name = readdirSync(folder).find((file) => file.startsWith(`${number}-`));
  if (!name) throw new Error(`${folder}: expected a file that begins with ${number}-, found none`);
  return readFileSync(join(folder, name), "utf8");
}

/** The parts of a file that joins several under head lines `### name`, by name. */
export function parts(text: string): ReadonlyMap<string, string> {
  const found = text.split(/^### /m).slice(1);
  return new Map(found.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)]));
}

/** Lines without what is around them, and without empty ones. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
