import { execFile } from "node:child_process";
import { promisify } from "node:util";

const timeoutMs = 30_000;

/** Says which entry points of a built package do not load, each in a process of its own, under the name its users import. */
export async function judgeEntryPoints(
  folder: string,
  { name, exports }: { readonly name: string; readonly exports?: object | string },
): Promise<string[]> {
  const paths = Object.keys(typeof exports === "object" ? exports : {}).filter((path) => path.startsWith("."));
  const wrong = await Promise.all(paths.map((path) => failureOf(folder, name + path.slice(1))));
  return wrong.filter((text) => text !== undefined);
}

async function failureOf(folder: string, specifier: string): Promise<string | undefined> {
  const script = `await import(${JSON.stringify(specifier)})`;
  try {
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: folder,
      timeout: timeoutMs,
    });
    return undefined;
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    return `${specifier} does not load: ${stderr.split("\n").find((line) => /^\w*Error\b/.test(line)) ?? message}`;
  }
}
