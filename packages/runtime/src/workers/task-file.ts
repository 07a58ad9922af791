import { existsSync } from "node:fs";
import { reeveError } from "@reeve/contract";
import { shown } from "../config/index.ts";

/** `new URL("./task.js", import.meta.url)` is not rewritten when sources are compiled, so either name finds what is there. */
const twins: Readonly<Record<string, string>> = { js: "ts", ts: "js", mjs: "mts", mts: "mjs" };

const extension = /\.(m?[jt]s)$/;

/**
 * Finds the file of a task: as named, or its source or compiled form beside that name.
 *
 * @throws ReeveError `INVALID_OPTION` when it is not a file URL or the file does not exist
 */
export function findTaskFile(file: URL): string {
  if (!(file instanceof URL) || file.protocol !== "file:") {
    throw reeveError(
      "INVALID_OPTION",
      `worker task: expected a file URL such as new URL("./task.js", import.meta.url), got ${shown(file)}`,
    );
  }
  if (existsSync(file)) return file.href;
  const twin = new URL(file.href.replace(extension, (_, suffix: string) => `.${twins[suffix]}`));
  if (existsSync(twin)) return twin.href;
  throw reeveError("INVALID_OPTION", `worker task: file ${file.pathname} does not exist`);
}
