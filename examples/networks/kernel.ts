import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs a program; rejects with what it complained of. */
export async function program(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(file, args, { env: { ...process.env, LC_ALL: "C" } });
  return stdout;
}

/** Runs lines of `ip -batch` by one program; rejects at the first that is refused. */
export async function ipLines(...lines: readonly string[]): Promise<void> {
  const running = run("ip", ["-batch", "-"], { env: { ...process.env, LC_ALL: "C" } });
  running.child.stdin?.end(lines.map((line) => `${line}\n`).join(""));
  await running;
}

/** Whether an address answers a ping that is sent from a network namespace, within a second. */
export async function answers(namespace: string, ip: string): Promise<boolean> {
  const ping = ["ping", "-n", "-c", "1", "-W", "1", ip];
  return program("ip", "netns", "exec", namespace, ...ping).then(
    () => true,
    () => false,
  );
}

/** Names of the links of these groups: of what drivers have made. */
export async function linksOf(...groups: readonly number[]): Promise<string[]> {
  const links: { ifname: string; group: string }[] = JSON.parse(await program("ip", "-N", "-j", "link", "show"));
  return links.filter(({ group }) => groups.includes(Number(group))).map(({ ifname }) => ifname);
}

export async function namespaces(): Promise<string[]> {
  const all: { name: string }[] = JSON.parse((await program("ip", "-j", "netns", "list")) || "[]");
  return all.map(({ name }) => name);
}
