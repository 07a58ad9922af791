import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs a program; rejects with what it complained of. */
export async function program(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(file, args, { env: { ...process.env, LC_ALL: "C" } });
  return stdout;
}

/** Whether an address answers one of three pings that are sent from a network namespace. */
export async function answers(namespace: string, ip: string): Promise<boolean> {
  const pings = ["ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", ip];
  return program("ip", "netns", "exec", namespace, ...pings).then(
    () => true,
    () => false,
  );
}

/** Names of the links of a group: of what a driver has made. */
export async function linksOf(group: number): Promise<string[]> {
  const links: { ifname?: string }[] = JSON.parse(
    (await program("ip", "-j", "link", "show", "group", String(group))) || "[]",
  );
  // Before iproute2 6.17, links of other groups are told as empty objects.
  return links.flatMap(({ ifname }) => ifname ?? []);
}

export async function namespaces(): Promise<string[]> {
  const all: { name: string }[] = JSON.parse((await program("ip", "-j", "netns", "list")) || "[]");
  return all.map(({ name }) => name);
}
