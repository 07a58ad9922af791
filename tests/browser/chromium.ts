import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** Debian's browser, or whichever is there; `CHROMIUM` names another. On CI its absence is an error, elsewhere it is told. */
export const executable = find();

if (!executable) {
  const told = "no Chromium found on PATH nor in CHROMIUM: install it with `apt-get install chromium`";
  if (process.env.CI) throw new Error(told);
  console.warn(`browser tests are skipped: ${told}`);
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: executable!, args: ["--no-sandbox"] });
}

function find(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
