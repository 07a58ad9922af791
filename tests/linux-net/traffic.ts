import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as after } from "node:timers/promises";
import type { Listener, Speaker, Traffic } from "@reeve/driver-sdk/conformance";
import type { AttachmentSpec, Point } from "@reeve/driver-sdk/network";
import { tool } from "./tool.ts";

/** The namespace at the other end of the uplink's cable. */
export const outside = "outside";
const betweenMs = 300;
const broadcast = "10.7.255.255";

/** What stands for a word in a frame: no word's is within another's, however often it is repeated. */
const tokenOf = (word: string) => `~${createHash("sha256").update(word).digest("hex").slice(0, 8)}`;

/** Broadcasts by `ping -b` with a word as their padding, and heard by tcpdump on every interface of a namespace. */
export class PingTraffic implements Traffic {
  readonly #words = new Map<string, string>();
  readonly #children = new Set<ChildProcess>();

  async listen(point: Point): Promise<Listener> {
    const args = ["-i", "any", "-Q", "in", "-l", "-n", "-A", "-Z", "root"];
    const child = this.#start(namespaceOf(point), "tcpdump", args);
    const heard = new Set<string>();
    createInterface({ input: child.stdout! }).on("line", (line) => {
      for (const [token] of line.matchAll(/~[0-9a-f]{8}/g)) heard.add(this.#words.get(token) ?? token);
    });
    // It says so once it listens.
    for await (const line of createInterface({ input: child.stderr! })) if (line.includes("listening on")) break;
    return { heard: () => [...heard], stop: () => stop(child) };
  }

  async speak({ point }: AttachmentSpec, word: string, mac?: string): Promise<Speaker> {
    const namespace = namespaceOf(point);
    const name = (point.kind === "netns" && point.interface) || "eth0";
    if (mac === undefined) return this.#say(namespace, name, word);
    return this.#forge(namespace, name, word, mac);
  }

  /** The interface has that MAC only while a few frames are said: in between others speak from it with its own. */
  async #forge(namespace: string, name: string, word: string, mac: string): Promise<Speaker> {
    const inside = ["-n", namespace];
    const shown = await tool("ip", ...inside, "-j", "link", "show", "dev", name);
    const own = (JSON.parse(shown) as { address: string }[])[0]!.address;
    let stopped = false;
    const saying = (async () => {
      while (!stopped) {
        await tool("ip", ...inside, "link", "set", "dev", name, "address", mac);
        await once(this.#say(namespace, name, word, ["-c", "3", "-w", "1"]).child, "exit");
        await tool("ip", ...inside, "link", "set", "dev", name, "address", own);
        await after(betweenMs);
      }
    })();
    return {
      stop: async () => {
        stopped = true;
        await saying;
      },
    };
  }

  async speakOutside(vlanId: number | undefined, word: string): Promise<Speaker> {
    const name = vlanId === undefined ? "up1" : `up1.${vlanId}`;
    const inside = ["-n", outside];
    if (vlanId !== undefined)
      await tool("ip", ...inside, "link", "add", "link", "up1", "name", name, "type", "vlan", "id", String(vlanId));
    await tool("ip", ...inside, "address", "replace", `10.7.200.${((vlanId ?? 0) % 200) + 1}/16`, "dev", name);
    await tool("ip", ...inside, "link", "set", "dev", name, "up");
    return this.#say(outside, name, word);
  }

  #say(namespace: string, name: string, word: string, more: readonly string[] = []): Speaker & { child: ChildProcess } {
    const token = tokenOf(word);
    this.#words.set(token, word);
    const pattern = Buffer.from(token).toString("hex");
    const args = ["-b", "-q", "-i", "0.02", "-I", name, "-p", pattern, ...more, broadcast];
    const child = this.#start(namespace, "ping", args);
    child.stdout?.resume();
    child.stderr?.resume();
    return { child, stop: () => stop(child) };
  }

  #start(namespace: string, program: string, args: readonly string[]): ChildProcess {
    const child = spawn("ip", ["netns", "exec", namespace, program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#children].map(stop));
  }
}

function namespaceOf(point: Point): string {
  if (point.kind !== "netns" || point.namespace === undefined) throw new Error("only namespaces have ears");
  return point.namespace;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
