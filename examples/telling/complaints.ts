import { readFileSync } from "node:fs";

/** The last warnings and errors of a log file, one line each. */
export function complaintsIn(log: string): string {
  const lines = readFileSync(log, "utf8").split("\n").filter(Boolean);
  const told = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === "warn" || level === "error");
  return told
    .map(({ level, address = "", msg, err }) => `${level} ${address}: ${msg}: ${err?.message ?? ""}`)
    .slice(-15)
    .join("\n");
}
